import { randomUUID } from 'node:crypto';
import { defineEntity, p } from '@mikro-orm/core';
import { TimestampType } from './types.ts';
import { userReference } from './user.ts';

/** A custom layout of widgets; a global one is shown to everybody. */
export const Dashboard = defineEntity({
  name: 'Dashboard',
  tableName: 'dashboards',
  properties: {
    id: p.integer().primary(),
    publicId: p
      .string()
      .length(100)
      .unique()
      .onCreate(() => randomUUID()),
    name: p.string().length(255).index(),
    isGlobal: p
      .boolean()
      .default(false)
      .onCreate(() => false),
    userPublicId: userReference().index().deleteRule('cascade'),
    createdOn: p.type(TimestampType).defaultRaw('now()'),
  },
});
