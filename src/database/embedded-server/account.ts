import { chownSync, readFileSync, statSync } from 'node:fs';
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
 * The account to run PostgreSQL under: for root, which it refuses, `postgres` or else `nobody`; undefined for others, who
 * run it themselves.
 * @throws DatabaseError when root has neither account
 */
export function serverAccount(): Account | undefined {
  if (process.getuid?.() !== 0) {
    return undefined;
  }
  const lines = readFileSync('/etc/passwd', 'utf8').split('\n');
  for (const candidate of CANDIDATES) {
    const [name, , uid, gid] = lines.find((line) => line.startsWith(`${candidate}:`))?.split(':') ?? [];
    if (name) {
      return { name, uid: Number(uid), gid: Number(gid) };
    }
  }
  throw new DatabaseError(`PostgreSQL does not run as root, and there is no account ${CANDIDATES.join(' or ')}.`, {
    hint: 'Run webmacs as another user, add such an account, or set DATABASE_URL.',
  });
}

/** Hands a path over to the account. */
export function chownTo(account: Account | undefined): (path: string) => void {
  return (path) => {
    if (account) {
      chownSync(path, account.uid, account.gid);
    }
  };
}

/** Whether the account can pass through every directory above the path. */
export function canReach(account: Account, path: string): boolean {
  for (let at = dirname(path); ; at = dirname(at)) {
    const { uid, gid, mode } = statSync(at);
    const bit = uid === account.uid ? 0o100 : gid === account.gid ? 0o010 : 0o001;
    if ((mode & bit) === 0) {
      return false;
    }
    if (at === dirname(at)) {
      return true;
    }
  }
}
