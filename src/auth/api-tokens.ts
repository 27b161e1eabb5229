import { createHash, randomBytes } from 'node:crypto';
import { LockMode } from '@mikro-orm/core';
import type { EntityManager } from '@mikro-orm/postgresql';
import { query } from '../database/query.ts';
import { refuseIdAsName } from '../database/reference.ts';
import { ApiToken, User } from '../entities/index.ts';
import { isoTimestamp } from '../entities/types.ts';
import { ConflictError, InvalidInputError } from '../errors.ts';
import { defined } from '../text/defined.ts';
import type { UserRow } from './users.ts';

export type ApiTokenRow = ApiToken;

/** The prefix of every API token of the WebMACS server. */
const PREFIX = 'wm_';
const RANDOM_BYTES = 48;

export interface NewApiToken {
  /** Its purpose; unique among the tokens of the user. */
  name: string;
  user: UserRow;
  /** ISO 8601; a token without it does not expire. */
  expiresAt?: string | undefined;
}

export async function findApiToken(em: EntityManager, user: UserRow, name: string): Promise<ApiTokenRow | null> {
  return await em.findOne(ApiToken, { userId: user.id, name });
}

/**
 * Creates a token. Only its SHA-256 is stored: the returned token cannot be shown again.
 * @throws InvalidInputError for an empty or long name, one that looks like a public id, or a time in the past;
 * ConflictError for a name that is taken
 */
export async function createApiToken(
  em: EntityManager,
  { name, user, expiresAt }: NewApiToken,
  now: Date,
): Promise<{ row: ApiTokenRow; token: string }> {
  if (name.trim() === '' || [...name].length > 255) {
    throw new InvalidInputError('The name of a token must have 1 to 255 characters.');
  }
  refuseIdAsName('name', name);
  if (expiresAt !== undefined && Date.parse(expiresAt) <= now.getTime()) {
    throw new InvalidInputError(`The expiry of a token must be in the future, not ${expiresAt}.`);
  }
  const token = `${PREFIX}${randomBytes(RANDOM_BYTES).toString('base64url')}`;
  return await em.fork().transactional(async (inner) => {
    // No constraint makes the name unique: the lock keeps two sessions from both finding it free.
    await inner.findOneOrFail(User, { id: user.id }, { lockMode: LockMode.PESSIMISTIC_WRITE });
    if (await findApiToken(inner, user, name)) {
      throw new ConflictError(`"${user.username}" already has an API token "${name}".`, {
        hint: 'Choose another name, or revoke that token first; --if-not-exists keeps it.',
      });
    }
    const row = inner.create(ApiToken, {
      name,
      userId: user.id,
      tokenHash: createHash('sha256').update(token).digest('hex'),
      ...defined({ expiresAt: expiresAt === undefined ? undefined : isoTimestamp(expiresAt) }),
    });
    await inner.flush();
    return { row, token };
  });
}

/** Counts the admins whose token page on the server fails, which happens once another user has a token. */
export async function adminsWithoutTokenList(em: EntityManager): Promise<number> {
  const [row] = await query<{ admins: number }>(
    em,
    `select count(*)::int as admins from users
      where role = 'admin' and exists (select from api_tokens where user_id <> users.id)`,
  );
  return row?.admins ?? 0;
}

/** Returns the names of the owners of the tokens, by the user's id. */
export async function namesOfUsers(em: EntityManager, tokens: ApiTokenRow[]): Promise<Map<number, string>> {
  const users = await em.find(User, { id: { $in: tokens.map(({ userId }) => userId) } });
  return new Map(users.map(({ id, username }) => [id, username]));
}
