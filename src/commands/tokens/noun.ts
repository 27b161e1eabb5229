import { type TokenRow, tokenFacts } from '../../auth/tokens.ts';
import { BlacklistToken } from '../../entities/index.ts';
import type { Noun } from '../standard/noun.ts';

export const TOKENS: Noun<TokenRow> = {
  entity: BlacklistToken,
  singular: 'token',
  columns: ['id', 'fingerprint', 'state', 'sub', 'exp', 'blacklisted_on'],
  orderBy: { blacklistedOn: 'desc' },
  // Printed instead of the token itself, which must not be shown.
  derived: {
    columns: ['fingerprint', 'state', 'sub', 'iat', 'exp'],
    rows: async (em, tokens) => (await tokenFacts(em, tokens)).map((facts) => ({ ...facts })),
  },
};
