import type { Pool } from 'pg';

/** Returns a JWT with this payload and an invalid signature. */
export function aJwt(payload: object | string | Buffer): string {
  const bytes = typeof payload === 'string' || Buffer.isBuffer(payload) ? payload : JSON.stringify(payload);
  return `eyJhbGciOiJIUzI1NiJ9.${Buffer.from(bytes as string).toString('base64url')}.c2lnbmF0dXJl`;
}

/** Inserts a token revoked `hoursAgo`. */
export async function revoked(pool: Pool, token: string, hoursAgo = 0): Promise<number> {
  const { rows } = await pool.query(
    `insert into blacklist_tokens (token, blacklisted_on) values ($1, now() - $2 * interval '1 hour') returning id`,
    [token, hoursAgo],
  );
  return rows[0].id;
}
