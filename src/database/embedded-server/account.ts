import { lchownSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseError } from '../../errors.ts';

/** The unprivileged account that runs the server for root. */
export interface Account {
  name: string;
  uid: number;
  gid: number;
}

const CANDIDATES = ['postgres', 'nobody'];

/**
 * Returns the account to run PostgreSQL under; undefined for users other than root, who run it themselves. PostgreSQL does
 * not run as root: then it is the account that already owns the files, else `postgres`, else `nobody`.
 * @param home the server's own directory, which need not exist
 * @throws DatabaseError when there is no such account
 */
export function serverAccount(home: string): Account | undefined {
  if (process.getuid?.() !== 0) {
    return undefined;
  }
  const owner = statSync(home, { throwIfNoEntry: false });
  if (owner && owner.uid !== 0) {
    return { name: accountName(owner.uid), uid: owner.uid, gid: owner.gid };
  }
  const [account] = CANDIDATES.flatMap((candidate) => accounts().filter(({ name }) => name === candidate));
  if (account) {
    return account;
  }
  throw new DatabaseError(`PostgreSQL does not run as root, and there is no account ${CANDIDATES.join(' or ')}.`, {
    hint: 'Run webmacs as another user, create such an account, or set DATABASE_URL.',
  });
}

export function changeOwner(path: string, account: Account | undefined): void {
  if (account) {
    lchownSync(path, account.uid, account.gid);
  }
}

/** Returns the options of a child process that runs under the account. */
export function asAccount(account: Account | undefined): { uid?: number; gid?: number } {
  // Accounts such as macOS's nobody (-2) are unsigned in a file's status and signed for a process.
  return account ? { uid: account.uid | 0, gid: account.gid | 0 } : {};
}

/** Whether the account can pass through every directory above the path, by owner and mode. */
export function canReach(account: Account, path: string): boolean {
  for (let at = realpathSync(dirname(path)); ; at = dirname(at)) {
    if (!allows(account, at, 0o1)) {
      return false;
    }
    if (at === dirname(at)) {
      return true;
    }
  }
}

export function canRun(account: Account, program: string): boolean {
  return canReach(account, program) && allows(account, program, 0o5);
}

export function accountName(uid: number): string {
  return accounts().find((account) => account.uid === uid)?.name ?? `the account with uid ${uid}`;
}

function allows(account: Account, path: string, wanted: number): boolean {
  const { uid, gid, mode } = statSync(path);
  const shift = uid === account.uid ? 6 : gid === account.gid ? 3 : 0;
  return ((mode >> shift) & wanted) === wanted;
}

function accounts(): Account[] {
  return readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .flatMap((line) => {
      const [name, , uid, gid] = line.split(':');
      return name && uid && gid ? [{ name, uid: Number(uid) >>> 0, gid: Number(gid) >>> 0 }] : [];
    });
}
