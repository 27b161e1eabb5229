import { DatabaseError } from '../errors.ts';
import type { ServerHost } from './hosts.ts';
import { passwordFromFile } from './password-file.ts';
import type { ServerTarget } from './target.ts';

export type Warn = (message: string) => void;

/**
 * Returns the callback with which the driver gets the password when the server requires it: the given one, or that of the
 * password file, which is read once.
 */
export function passwordFor(target: ServerTarget, host: ServerHost, where: string, warn: Warn): () => string {
  let known = target.password;
  return () => {
    if (known !== undefined) {
      return known;
    }
    const found = passwordFromFile(target, host);
    if ('password' in found && found.password !== '') {
      known = found.password;
      return known;
    }
    const unused = 'problem' in found ? found : undefined;
    if (unused) {
      warn(unused.problem);
    }
    const { passwordFile: file } = target;
    throw new DatabaseError(`${where} requires a password, but none is set.`, {
      hint: unused
        ? `${unused.remedy}, or set PGPASSWORD or DATABASE_URL.`
        : `Set PGPASSWORD or DATABASE_URL, or add a line to ${file.endsWith('/.pgpass') ? '~/.pgpass' : file}.`,
    });
  };
}
