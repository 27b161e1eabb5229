import { createHash, randomBytes } from 'node:crypto';
import { LockMode } from '@mikro-orm/core';
import type { EntityManager } from '@mikro-orm/postgresql';
import { refuseIdAsName } from '../database/reference.ts';
import { ApiToken, User } from '../entities/index.ts';
import { isoTimestamp } from '../entities/types.ts';
import { ConflictError, InvalidInputError } from '../errors.ts';
import type { UserRow } from './users.ts';

export type ApiTokenRow = ApiToken;

/** What every token of the WebMACS server begins with. */
const PREFIX = 'wm_';
const RANDOM_BYTES = 48;

/** What a new token needs. */
export interface NewApiToken {
  /** What it is for; one user's tokens have different names. */
  name: string;
  user: UserRow;
  /** ISO 8601; a token without it does not expire. */
  expiresAt?: string;
}

/** The user's token of this name, if there is one. */
export async function findApiToken(em: EntityManager, user: UserRow, name: string): Promise<ApiTokenRow | null> {
  return await em.findOne(ApiToken, { userId: user.id, name });
}

/**
 * Makes a token. Only its SHA-256 is stored: what is returned here cannot be had again.
 * @throws InvalidInputError for an empty or long name, one that looks like a public id, or a time in the past, ConflictError for a name that is taken
 */
export async function createApiToken(
  em: EntityManager,
  { name, user, expiresAt }: NewApiToken,
  now: Date,
): Promise<{ row: ApiTokenRow; token: string }> {
  if (name.trim() === '' || [...name].length > 255) {
    throw new InvalidInputError('The name of a token needs 1 to 255 characters.');
  }
  refuseIdAsName('name', name);
  if (expiresAt !== undefined && Date.parse(expiresAt) <= now.getTime()) {
    throw new InvalidInputError(`A token that expires on ${expiresAt} would be of no use: that is not in the future.`);
  }
  const token = `${PREFIX}${randomBytes(RANDOM_BYTES).toString('base64url')}`;
  return await em.fork().transactional(async (inner) => {
    // Two at once must not both find the name free: nothing in the database forbids it.
    await inner.findOneOrFail(User, { id: user.id }, { lockMode: LockMode.PESSIMISTIC_WRITE });
    if (await findApiToken(inner, user, name)) {
      throw new ConflictError(`"${user.username}" has an API token "${name}" already.`, {
        hint: 'Give another name, or revoke that one first; --if-not-exists leaves it as it is.',
      });
    }
    const row = inner.create(ApiToken, {
      name,
      userId: user.id,
      tokenHash: createHash('sha256').update(token).digest('hex'),
      ...(expiresAt === undefined ? {} : { expiresAt: isoTimestamp(expiresAt) }),
    });
    await inner.flush();
    return { row, token };
  });
}

/** The user names behind tokens, by the user's id. */
export async function namesOfUsers(em: EntityManager, tokens: ApiTokenRow[]): Promise<Map<number, string>> {
  const users = await em.find(User, { id: { $in: tokens.map(({ userId }) => userId) } });
  return new Map(users.map(({ id, username }) => [id, username]));
}
