import { readFileSync, realpathSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseError } from '../../errors.ts';

/** The account that runs the server and owns its files. */
export interface Account {
  readonly uid: number;
  readonly gid: number;
  readonly name: string;
  /** Whether it is another account than the caller's, so that processes must change to it. */
  readonly foreign: boolean;
}

/**
 * The account that runs the server: the caller's own, except for root, as whom PostgreSQL refuses to run. For root it
 * is the owner of the files there are, else `postgres`, else `nobody`.
 * @param home the server's own directory, which need not exist
 * @throws DatabaseError when `home` belongs to somebody else, or root finds no account
 */
export function serverAccount(home: string): Account {
  const uid = process.getuid?.() ?? -1;
  const owner = statSync(home, { throwIfNoEntry: false });
  if (uid !== 0) {
    if (owner && owner.uid !== uid) {
      throw new DatabaseError(`The embedded database in ${home} belongs to ${accountName(owner.uid)}.`, {
        hint: `Run this as ${accountName(owner.uid)}, or set WEBMACS_DATA_DIR to a directory of your own.`,
      });
    }
    return { uid, gid: process.getgid?.() ?? -1, name: accountName(uid), foreign: false };
  }
  if (owner && owner.uid !== 0) {
    return { uid: owner.uid, gid: owner.gid, name: accountName(owner.uid), foreign: true };
  }
  const account = accounts().find(({ name }) => name === 'postgres') ?? accounts().find(({ name }) => name === 'nobody');
  if (!account) {
    throw new DatabaseError('PostgreSQL does not run as root, and there is no account "postgres" or "nobody" for it.', {
      hint: 'Run this as another user, create one of the accounts, or set DATABASE_URL to a server of your own.',
    });
  }
  return { ...account, foreign: true };
}

/** The settings for a child process that is to run under the account. */
export function asAccount(account: Account): { uid?: number; gid?: number } {
  // Accounts such as macOS's nobody (-2) are unsigned in a file's status and signed for a process.
  return account.foreign ? { uid: account.uid | 0, gid: account.gid | 0 } : {};
}

/**
 * The first directory or file on the way to `path` that keeps the account out, by owner and mode bits: directories must
 * let it through, `path` itself must be readable.
 */
export function barrier(path: string, account: Account): string | undefined {
  if (!account.foreign) {
    return undefined;
  }
  const real = realpathSync(path);
  const ancestors: string[] = [];
  for (let at = dirname(real); !ancestors.includes(at); at = dirname(at)) {
    ancestors.unshift(at);
  }
  return ancestors.find((at) => !allows(at, account, 0o1)) ?? (allows(real, account, 0o5) ? undefined : real);
}

function allows(path: string, account: Account, wanted: number): boolean {
  const { uid, gid, mode } = statSync(path);
  const shift = uid === account.uid ? 6 : gid === account.gid ? 3 : 0;
  return ((mode >> shift) & wanted) === wanted;
}

function accountName(uid: number): string {
  return accounts().find((account) => account.uid === uid)?.name ?? `the account with uid ${uid}`;
}

function accounts(): { name: string; uid: number; gid: number }[] {
  return readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .flatMap((line) => {
      const [name, , uid, gid] = line.split(':');
      return name && uid && gid ? [{ name, uid: Number(uid) >>> 0, gid: Number(gid) >>> 0 }] : [];
    });
}
