import { randomUUID } from 'node:crypto';
import { defineEntity, p } from '@mikro-orm/core';
import { TimestampType } from './types.ts';

/** An account that may log in; `admin` may change the set-up. */
export const User = defineEntity({
  name: 'User',
  tableName: 'users',
  properties: {
    id: p.integer().primary(),
    publicId: p
      .string()
      .length(100)
      .unique()
      .onCreate(() => randomUUID()),
    username: p.string().length(50).unique(),
    email: p.string().length(255).unique(),
    hashedPassword: p.string().length(255).hidden(),
    admin: p
      .boolean()
      .default(false)
      .onCreate(() => false),
    createdOn: p.type(TimestampType).defaultRaw('now()'),
  },
});

/** The column of a row that belongs to a user: its public id, as plain text. */
export function userReference() {
  return p.manyToOne(User).targetKey('publicId').mapToPk().$type<string>().joinColumn('user_public_id');
}
