import { randomUUID } from 'node:crypto';
import { defineEntity, p } from '@mikro-orm/core';
import { TimestampType } from './types.ts';

/** What an account may do, where the database knows more than admins and others. */
export const USER_ROLES = ['admin', 'operator', 'viewer'] as const;

/**
 * An account that may log in; `admin` may change the set-up. The role and the identity at a single sign-on provider
 * exist where the WebMACS server keeps them.
 */
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
    role: p.enum(USER_ROLES).onCreate(({ admin }: { admin?: boolean }) => (admin ? 'admin' : 'viewer')),
    ssoProvider: p.string().length(100).nullable(),
    ssoSubjectId: p.string().length(255).nullable(),
    createdOn: p.type(TimestampType).defaultRaw('now()'),
  },
});

/** The column of a row that belongs to a user: its public id, as plain text. */
export function userReference() {
  return p.manyToOne(User).targetKey('publicId').mapToPk().$type<string>().joinColumn('user_public_id');
}
