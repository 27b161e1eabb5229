import type { Environment } from '../environment.ts';

/** Settings of a session that libpq takes from the environment, in no connection string. */
const VARIABLES = { PGDATESTYLE: 'datestyle', PGTZ: 'timezone', PGGEQO: 'geqo' } as const;

/**
 * The settings of a session, in the form of PGOPTIONS: the given ones, behind them those of PGTZ and its like.
 * @see https://www.postgresql.org/docs/17/libpq-envars.html
 */
export function sessionOptions(given: string | undefined, environment: Environment): string {
  const variables = Object.entries(VARIABLES).flatMap(([variable, setting]) => {
    const value = environment[variable];
    return value && value.toLowerCase() !== 'default' ? [`-c ${setting}=${escaped(value)}`] : [];
  });
  return [...(given ? [given] : []), ...variables].reduce(appendOptions, '');
}

/** Puts settings behind others, over which they win. A backslash at the end would take the blank for a part of a word. */
export function appendOptions(options: string, more: string): string {
  const whole = options.replace(/(?<!\\)((?:\\\\)*)\\$/, '$1');
  return whole === '' ? more : `${whole} ${more}`;
}

function escaped(value: string): string {
  return value.replace(/[\\\s]/g, '\\$&');
}
