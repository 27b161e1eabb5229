import type { EntityManager } from '@mikro-orm/postgresql';
import { type TokenRow, tokenFacts } from '../../auth/tokens.ts';
import type { Context } from '../../cli/context.ts';
import type { Row } from '../../cli/output.ts';
import { BlacklistToken } from '../../entities/index.ts';
import { type Noun, rowOf } from '../standard/noun.ts';

export const TOKENS: Noun<TokenRow> = {
  entity: BlacklistToken,
  singular: 'token',
  columns: ['id', 'fingerprint', 'state', 'sub', 'exp', 'blacklisted_on'],
  orderBy: { blacklistedOn: 'desc' },
};

/** What stands in for the token itself, which nobody may see. */
export const FACTS = ['fingerprint', 'state', 'sub', 'iat', 'exp'];

export async function factsOf(em: EntityManager, tokens: TokenRow[]): Promise<Row[]> {
  return (await tokenFacts(em, tokens)).map((facts) => ({ ...facts }));
}

/** The token's row as it is printed. */
export async function tokenRow(ctx: Context, token: TokenRow): Promise<Row> {
  const [facts] = await factsOf(await ctx.em(), [token]);
  return { ...(await rowOf(ctx, TOKENS, token)), ...facts };
}
