import type { EntityManager } from '@mikro-orm/postgresql';
import { belongsToServer } from '../database/layouts/server.ts';
import { User } from '../entities/index.ts';
import { InvalidInputError } from '../errors.ts';
import { emailAddress } from '../text/email-address.ts';

/** An account whose password is never accepted at log-in. */
export interface LockedOut {
  username: string;
  email: string;
  /** Why, in words that can follow the name. */
  reason: string;
  /** The single sign-on provider through which the user can log in all the same. */
  provider: string | null;
}

const BCRYPT = /^\$2[aby]\$\d\d\$[./A-Za-z0-9]{53}$/;
const PAGE = 1000;

/**
 * Returns the accounts that are locked out: their address is not in the form that log-in compares, or their password was not
 * hashed with bcrypt.
 */
export async function lockedOutAccounts(em: EntityManager): Promise<LockedOut[]> {
  const found: LockedOut[] = [];
  const specialUse = !belongsToServer(em);
  let users: User[] = [];
  do {
    const after = users.at(-1)?.id ?? 0;
    users = await em.fork().find(User, { id: { $gt: after } }, { orderBy: { id: 'asc' }, limit: PAGE });
    for (const { username, email, hashedPassword, ssoProvider } of users) {
      const reason = addressProblem(email, specialUse) ?? hashProblem(hashedPassword);
      if (reason) {
        found.push({ username, email, reason, provider: ssoProvider ?? null });
      }
    }
  } while (users.length === PAGE);
  return found;
}

function addressProblem(email: string, specialUse: boolean): string | undefined {
  try {
    const compared = emailAddress(email, { specialUse });
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
