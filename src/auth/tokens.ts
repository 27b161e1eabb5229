import { createHash } from 'node:crypto';
import { raw } from '@mikro-orm/core';
import type { EntityManager } from '@mikro-orm/postgresql';
import type { Where } from '../database/keyset.ts';
import { query } from '../database/query.ts';
import { insert, insertOnce } from '../database/repository.ts';
import { BlacklistToken } from '../entities/index.ts';
import { ConflictError, InvalidInputError } from '../errors.ts';
import { expirySql } from './jwt.ts';

export type TokenRow = BlacklistToken;

/** How long a token of the server's lives, where its setting does not say otherwise. */
const DEFAULT_LIFE_SECONDS = 1440 * 60;
const FINGERPRINT_LENGTH = 8;
const MAX_LENGTH = 500;

/** What would become of a revoked token if it were not revoked; of one that is no JWT nobody knows. */
export type TokenState = 'valid' | 'expired' | 'unknown';

/** What can be told of a token without telling the token. `exp` and `iat` are ISO 8601, or the claim as it is. */
export interface TokenFacts {
  fingerprint: string;
  state: TokenState;
  sub: string | null;
  iat: string | null;
  /** Null where it never expires, or is no JWT. */
  exp: string | null;
}

/**
 * How long the server's tokens live.
 * @param minutes the value of its setting ACCESS_TOKEN_EXPIRE_MINUTES
 * @throws InvalidInputError when that is no whole number of minutes
 */
export function tokenLifeSeconds(minutes: string | undefined): number {
  if (!minutes) {
    return DEFAULT_LIFE_SECONDS;
  }
  if (!/^[1-9]\d{0,8}$/.test(minutes)) {
    throw new InvalidInputError(`ACCESS_TOKEN_EXPIRE_MINUTES: "${minutes}" is no whole number of minutes.`);
  }
  return Number(minutes) * 60;
}

/**
 * Makes a token invalid from now on.
 * @param tolerant whether one that is revoked already is fine
 * @returns its row, and whether it was revoked now
 * @throws InvalidInputError, ConflictError; neither shows the token
 */
export async function revokeToken(
  em: EntityManager,
  token: string,
  tolerant: boolean,
): Promise<{ item: TokenRow; created: boolean }> {
  checkToken(token);
  const target = { entity: BlacklistToken, key: 'token' as const };
  try {
    return await insertOnce(em, target, token, tolerant, async () => await insert(em, BlacklistToken, { token }));
  } catch (error) {
    if (error instanceof ConflictError) {
      // Not the original one, whose message has the token in it.
      throw new ConflictError(`The token ${fingerprintOf(token)} is revoked already.`, {
        hint: 'Pass --if-not-exists where that is fine.',
      });
    }
    throw error;
  }
}

/** What can be changed of a revoked token. */
export interface TokenChange {
  /** ISO 8601. */
  blacklistedOn: string;
}

/** Changes when a token was revoked, and so how long the server keeps it, which looks at nothing else. */
export async function updateToken(em: EntityManager, token: TokenRow, change: Partial<TokenChange>): Promise<TokenRow> {
  em.assign(token, change);
  await em.flush();
  return await em.refreshOrFail(token);
}

/** The first characters of a token's SHA-256, by which two of them can be told apart. */
export function fingerprintOf(token: string): string {
  return createHash('sha256').update(token).digest('hex').slice(0, FINGERPRINT_LENGTH);
}

/** What can be told of the tokens, in their order. */
export async function tokenFacts(em: EntityManager, tokens: TokenRow[]): Promise<TokenFacts[]> {
  const rows = await query<{ id: number; expiry: string | null; expired: boolean | null }>(
    em,
    `select id, expiry::text, expiry <= extract(epoch from now()) as expired
       from (select id, ${expirySql('token')} as expiry from blacklist_tokens
              where id = any (string_to_array(?, ',')::int[]) offset 0) tokens`,
    [tokens.map(({ id }) => id).join(',')],
  );
  const known = new Map(rows.map((row) => [row.id, row]));
  return tokens.map(({ id, token }) => {
    const { expiry = null, expired = null } = known.get(id) ?? {};
    const { sub, iat } = expiry === null ? {} : claimsOf(token);
    return {
      fingerprint: fingerprintOf(token),
      state: expired === null ? 'unknown' : expired ? 'expired' : 'valid',
      sub: sub === undefined || sub === null ? null : typeof sub === 'string' ? sub : JSON.stringify(sub),
      iat: typeof iat === 'number' ? moment(iat) : null,
      exp: expiry === null || expiry === 'Infinity' ? null : moment(Number(expiry)),
    };
  });
}

/** The filter for the tokens that have expired, or for the JWTs that have not. */
export function expiryFilter(state: 'valid' | 'expired', now: Date): Where<TokenRow> {
  const seconds = now.getTime() / 1000;
  return { [raw(expirySql('token'))]: state === 'expired' ? { $lte: seconds } : { $gt: seconds } };
}

/**
 * Refuses to delete a token that may be valid again then.
 * @throws ConflictError
 */
export async function keepUnlessExpired(em: EntityManager, token: TokenRow): Promise<void> {
  const [facts] = await tokenFacts(em, [token]);
  if (facts?.state !== 'expired') {
    const reason =
      facts?.state === 'valid'
        ? facts.exp === null
          ? 'never expires'
          : `does not expire before ${facts.exp}`
        : 'is no JWT, so that nobody knows when it expires';
    throw new ConflictError(`The token ${facts?.fingerprint} ${reason}: if it were deleted, it could be used again.`, {
      hint: 'Pass --force to allow that, or leave it to "webmacs tokens prune".',
    });
  }
}

function checkToken(token: string): void {
  if (token === '' || /[\s\0]/.test(token)) {
    throw new InvalidInputError('A token must not be empty, nor have blanks in it.');
  }
  if ([...token].length > MAX_LENGTH) {
    throw new InvalidInputError(`The token is too long: at most ${MAX_LENGTH} characters.`);
  }
}

/** For display; whether a token has expired is the database's to say. */
function claimsOf(token: string): Record<string, unknown> {
  try {
    const payload: unknown = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8'));
    return typeof payload === 'object' && payload !== null ? { ...payload } : {};
  } catch {
    return {};
  }
}

function moment(seconds: number): string {
  const date = new Date(seconds * 1000);
  return Number.isNaN(date.getTime()) || date.getUTCFullYear() > 9999 || date.getUTCFullYear() < 1
    ? String(seconds)
    : date.toISOString().replace(/(?:\.000)?Z$/, '+00:00');
}
