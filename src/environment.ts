import { isAbsolute } from 'node:path';

/** Environment variables, as a value that a test can make. */
export type Environment = Record<string, string | undefined>;

/**
 * Returns the base directory in a variable such as XDG_CONFIG_HOME; a relative path is ignored.
 * @see https://specifications.freedesktop.org/basedir-spec/latest/
 */
export function baseDirectory(environment: Environment, variable: `XDG_${string}`): string | undefined {
  const path = environment[variable];
  return path && isAbsolute(path) ? path : undefined;
}
