import { defineEntity, p } from '@mikro-orm/core';
import { ids, now } from './columns.ts';
import { TimestampType } from './types.ts';
import { User } from './user.ts';

export const ApiTokenSchema = defineEntity({
  name: 'ApiToken',
  tableName: 'api_tokens',
  properties: {
    ...ids(),
    name: p.string().length(255),
    tokenHash: p.string().length(64).unique().hidden(),
    userId: p
      .manyToOne(User)
      .targetKey('id')
      .mapToPk()
      .$type<number>()
      .joinColumn('user_id')
      .index()
      .deleteRule('cascade'),
    expiresAt: p.type(TimestampType).nullable(),
    lastUsedAt: p.type(TimestampType).nullable(),
    createdAt: now(),
  },
});

/** An API token that a program sends to the WebMACS server instead of logging in; only its SHA-256 is stored. */
export class ApiToken extends ApiTokenSchema.class {}
ApiTokenSchema.setClass(ApiToken);
