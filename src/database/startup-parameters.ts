import type { Environment } from '../environment.ts';

/** Settings of a session in the startup message, by name. A pooler refuses most of them, so only the user's own are sent. */
export type StartupParameters = Readonly<Record<string, string>>;

/** Settings that libpq takes only from the environment. */
const VARIABLES = { PGDATESTYLE: 'datestyle', PGTZ: 'timezone', PGGEQO: 'geqo' } as const;

/**
 * Returns the given `options`, if any, and the settings of PGTZ and similar variables, which override them.
 * @see https://www.postgresql.org/docs/17/libpq-envars.html
 */
export function startupParameters(options: string | undefined, environment: Environment): StartupParameters {
  const variables = Object.entries(VARIABLES).flatMap(([variable, setting]) => {
    const value = environment[variable];
    return value && value.toLowerCase() !== 'default' ? [[setting, value] as const] : [];
  });
  return { ...(options ? { options } : {}), ...Object.fromEntries(variables) };
}
