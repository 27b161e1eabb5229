import { isAbsolute } from 'node:path';

/** Environment variables, as a value that a test can make. */
export type Environment = Record<string, string | undefined>;

const SECRET_NAME = /PASSWORD|TOKEN|SECRET/i;
/** A URL with an account, or a connection string with a password. */
const SECRET_VALUE = /:\/\/[^/\s]+@|\bpassword\s*=/i;

/** Returns the variables that other programs may know: without those that may contain a secret. */
export function withoutSecrets(environment: Environment): Environment {
  const isKnown = ([name, value = '']: [string, string | undefined]) =>
    !SECRET_NAME.test(name) && !SECRET_VALUE.test(value);
  return Object.fromEntries(Object.entries(environment).filter(isKnown));
}

/**
 * Returns the base directory in a variable such as XDG_CONFIG_HOME; a relative path is ignored.
 * @see https://specifications.freedesktop.org/basedir-spec/latest/
 */
export function baseDirectory(environment: Environment, variable: `XDG_${string}`): string | undefined {
  const path = environment[variable];
  return path && isAbsolute(path) ? path : undefined;
}
