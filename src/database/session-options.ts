import type { Environment } from '../environment.ts';

/** Session settings that libpq takes only from the environment. */
const VARIABLES = { PGDATESTYLE: 'datestyle', PGTZ: 'timezone', PGGEQO: 'geqo' } as const;

/**
 * Returns session settings in the form of PGOPTIONS: the given ones, then those of PGTZ and similar variables.
 * @see https://www.postgresql.org/docs/17/libpq-envars.html
 */
export function sessionOptions(given: string | undefined, environment: Environment): string {
  const variables = Object.entries(VARIABLES).flatMap(([variable, setting]) => {
    const value = environment[variable];
    return value && value.toLowerCase() !== 'default' ? [`-c ${setting}=${escaped(value)}`] : [];
  });
  return [...(given ? [given] : []), ...variables].reduce(appendOptions, '');
}

/** Appends settings, which override earlier ones. Drops a trailing backslash, which would escape the space between. */
export function appendOptions(options: string, more: string): string {
  const whole = options.replace(/(?<!\\)((?:\\\\)*)\\$/, '$1');
  return whole === '' ? more : `${whole} ${more}`;
}

function escaped(value: string): string {
  return value.replace(/[\\\s]/g, '\\$&');
}
