import { defineEntity, p } from '@mikro-orm/core';
import { now } from './columns.ts';

export const BlacklistTokenSchema = defineEntity({
  name: 'BlacklistToken',
  tableName: 'blacklist_tokens',
  properties: {
    id: p.integer().primary(),
    token: p.string().length(500).unique().hidden(),
    blacklistedOn: now().index(),
  },
});

/** A revoked JWT. It has no public id: the token itself is the key, and is never printed: it allows logging in. */
export class BlacklistToken extends BlacklistTokenSchema.class {}
BlacklistTokenSchema.setClass(BlacklistToken);
