import { randomUUID } from 'node:crypto';
import { defineEntity, p } from '@mikro-orm/core';
import { TimestampType } from './types.ts';
import { userReference } from './user.ts';

/** How serious a log entry is. */
export const LOGGING_TYPES = ['error', 'warning', 'info'] as const;

/** Whether somebody has seen it. */
export const STATUS_TYPES = ['read', 'unread'] as const;

/** A line of the system log, read or unread, of the user it concerns. */
export const LogEntry = defineEntity({
  name: 'LogEntry',
  tableName: 'log_entries',
  properties: {
    id: p.integer().primary(),
    publicId: p
      .string()
      .length(100)
      .unique()
      .onCreate(() => randomUUID()),
    content: p.string().length(500),
    loggingType: p.enum(LOGGING_TYPES).nullable(),
    statusType: p
      .enum(STATUS_TYPES)
      .default('unread')
      .onCreate(() => 'unread'),
    userPublicId: userReference().index().deleteRule('cascade'),
    createdOn: p.type(TimestampType).defaultRaw('now()').index(),
  },
});
