import { DatabaseError } from '../errors.ts';
import type { ServerHost } from './hosts.ts';
import { passwordFromFile } from './password-file.ts';
import type { ServerTarget } from './target.ts';

/** Tells what must be read. */
export type Warn = (message: string) => void;

/**
 * The password for a server, for the driver to ask when the server does: the given one, or the one of the password file,
 * which is read once.
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
    const unused = 'problem' in found && found.problem;
    if (unused) {
      warn(unused);
    }
    const { passwordFile: file } = target;
    throw new DatabaseError(`${where} wants a password, and none is set.`, {
      hint: unused
        ? 'Keep the password file for yourself with "chmod 0600", or set PGPASSWORD or DATABASE_URL.'
        : `Set PGPASSWORD or DATABASE_URL, or add a line to ${file.endsWith('/.pgpass') ? '~/.pgpass' : file}.`,
    });
  };
}
