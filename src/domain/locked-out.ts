import type { EntityManager } from '@mikro-orm/postgresql';
import { belongsToServer } from '../database/layouts/server.ts';
import { User } from '../entities/index.ts';
import { InvalidInputError } from '../errors.ts';
import { emailAddress } from '../text/email-address.ts';

/** An account whose password is never accepted at log-in. */
export interface LockedOut {
  username: string;
  email: string;
  /** All that is wrong, in words that can follow the name. */
  reason: string;
  /** The single sign-on provider through which the user can log in all the same. */
  provider: string | null;
}

const BCRYPT = /^\$2[aby]\$\d\d\$[./A-Za-z0-9]{53}$/;
const PAGE = 1000;

/**
 * Returns the accounts that are locked out: their address is not in the form that log-in compares, or their password was not
 * hashed with bcrypt.
 * @param where the database whose log-in counts, if it is another one
 */
export async function lockedOutAccounts(em: EntityManager, where = em): Promise<LockedOut[]> {
  const found: LockedOut[] = [];
  let users: User[] = [];
  do {
    const after = users.at(-1)?.id ?? 0;
    users = await em.fork().find(User, { id: { $gt: after } }, { orderBy: { id: 'asc' }, limit: PAGE });
    for (const { username, email, hashedPassword, ssoProvider } of users) {
      const reasons = [addressProblem(where, email), hashProblem(hashedPassword)].filter((each) => each !== undefined);
      if (reasons.length > 0) {
        found.push({ username, email, reason: reasons.join(', and '), provider: ssoProvider ?? null });
      }
    }
  } while (users.length === PAGE);
  return found;
}

/** Returns why nobody can log in with a stored address. */
export function addressProblem(em: EntityManager, email: string): string | undefined {
  try {
    const compared = emailAddress(email, { specialUse: !belongsToServer(em) });
    return compared === email ? undefined : `log-in compares with "${compared}"`;
  } catch (error) {
    if (error instanceof InvalidInputError) {
      return 'log-in refuses the address';
    }
    throw error;
  }
}

function hashProblem(hash: string): string | undefined {
  return BCRYPT.test(hash)
    ? undefined
    : hash === ''
      ? 'there is no password'
      : 'the password was not hashed with bcrypt';
}
