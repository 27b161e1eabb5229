import { createHash } from 'node:crypto';
import { raw } from '@mikro-orm/core';
import type { EntityManager } from '@mikro-orm/postgresql';
import type { Where } from '../database/keyset.ts';
import { query } from '../database/query.ts';
import { insert, insertOnce, saveChanges } from '../database/repository.ts';
import { BlacklistToken } from '../entities/index.ts';
import { isoTimestamp } from '../entities/types.ts';
import { ConflictError, InvalidInputError } from '../errors.ts';
import { expirySql } from './jwt.ts';

export type TokenRow = BlacklistToken;

/** The default lifetime of a token of the WebMACS server. */
const DEFAULT_LIFE_SECONDS = 1440 * 60;
const FINGERPRINT_LENGTH = 8;
const MAX_LENGTH = 500;

/** What can be shown of a token without showing the token. `exp` and `iat` are ISO 8601, or the claim as it is. */
export interface TokenFacts {
  fingerprint: string;
  /** Whether it would still be valid; unknown for a token that is not a JWT. */
  state: 'valid' | 'expired' | 'unknown';
  sub: string | null;
  iat: string | null;
  /** Null where it never expires, or is not a JWT. */
  exp: string | null;
}

/**
 * Returns the lifetime of the tokens of the WebMACS server.
 * @param minutes the value of its setting ACCESS_TOKEN_EXPIRE_MINUTES
 * @throws InvalidInputError if that is not a whole number of minutes
 */
export function tokenLifeSeconds(minutes: string | undefined): number {
  if (!minutes) {
    return DEFAULT_LIFE_SECONDS;
  }
  if (!/^[1-9]\d{0,8}$/.test(minutes)) {
    throw new InvalidInputError(`ACCESS_TOKEN_EXPIRE_MINUTES: "${minutes}" is not a whole number of minutes.`);
  }
  return Number(minutes) * 60;
}

/**
 * Revokes a token.
 * @param ifNotExists returns an already revoked token instead of throwing
 * @returns its row, and whether it is new
 * @throws InvalidInputError, ConflictError; neither shows the token
 */
export async function revokeToken(
  em: EntityManager,
  token: string,
  ifNotExists: boolean,
): Promise<{ item: TokenRow; created: boolean }> {
  checkToken(token);
  const target = { entity: BlacklistToken, key: 'token' as const };
  try {
    return await insertOnce(em, target, token, ifNotExists, async () => await insert(em, BlacklistToken, { token }));
  } catch (error) {
    if (error instanceof ConflictError) {
      // The message of the original error contains the token.
      throw new ConflictError(`The token ${fingerprintOf(token)} is already revoked.`, {
        hint: 'Pass --if-not-exists to accept that.',
      });
    }
    throw error;
  }
}

/** Changes when a token was revoked (ISO 8601), and thereby how long the WebMACS server keeps it. */
export async function updateToken(
  em: EntityManager,
  token: TokenRow,
  change: Partial<{ blacklistedOn: string }>,
): Promise<TokenRow> {
  return await em.refreshOrFail(await saveChanges(em, token, change));
}

/** Returns the first characters of a token's SHA-256, which identify it. */
function fingerprintOf(token: string): string {
  return createHash('sha256').update(token).digest('hex').slice(0, FINGERPRINT_LENGTH);
}

/** Returns what can be shown of the tokens, in their order. */
export async function tokenFacts(em: EntityManager, tokens: TokenRow[]): Promise<TokenFacts[]> {
  const rows = await query<{ id: number; expiry: string | null; expired: boolean | null }>(
    em,
    `select id, expiry::text, expiry <= extract(epoch from now()) as expired
       from (select id, ${expirySql('token')} as expiry from blacklist_tokens
              where id = any (string_to_array(?, ',')::bigint[]) offset 0) tokens`,
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

/** Returns the filter for the tokens that have expired, or for the JWTs that have not. */
export function expiryFilter(state: 'valid' | 'expired', now: Date): Where<TokenRow> {
  const seconds = now.getTime() / 1000;
  return { [raw(expirySql('token'))]: state === 'expired' ? { $lte: seconds } : { $gt: seconds } };
}

/** @throws ConflictError if the token could be used again after it is deleted: it has not expired, as far as is known */
export async function keepUnlessExpired(em: EntityManager, token: TokenRow): Promise<void> {
  const [facts] = await tokenFacts(em, [token]);
  if (facts?.state !== 'expired') {
    const reason =
      facts?.state === 'valid'
        ? facts.exp === null
          ? 'never expires'
          : `does not expire before ${facts.exp}`
        : 'is not a JWT, so its expiry is unknown';
    throw new ConflictError(`The token ${facts?.fingerprint} ${reason}: after deletion it could be used again.`, {
      hint: 'Pass --force to delete it anyway, or leave it to "webmacs tokens prune".',
    });
  }
}

function checkToken(token: string): void {
  if (token === '' || /[\s\0]/.test(token)) {
    throw new InvalidInputError('A token must not be empty or contain blanks.');
  }
  if ([...token].length > MAX_LENGTH) {
    throw new InvalidInputError(`The token is too long: at most ${MAX_LENGTH} characters.`);
  }
}

/** For display only: the database decides whether a token has expired. */
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
    : isoTimestamp(date.toISOString());
}
