import { randomUUID } from 'node:crypto';
import { defineEntity, p } from '@mikro-orm/core';
import { TimestampType } from './types.ts';
import { User } from './user.ts';

/** How serious a log entry is. */
export const LOGGING_TYPES = ['error', 'warning', 'info'] as const;

/** Whether somebody has seen it. */
export const STATUS_TYPES = ['read', 'unread'] as const;

export const LogEntrySchema = defineEntity({
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
    user: () => p.manyToOne(User).joinColumn('user_public_id').index().deleteRule('cascade').ref(),
    createdOn: p.type(TimestampType).defaultRaw('now()').index(),
  },
});

/** A line of the system log, read or unread, of the user it concerns. */
export class LogEntry extends LogEntrySchema.class {}
LogEntrySchema.setClass(LogEntry);
