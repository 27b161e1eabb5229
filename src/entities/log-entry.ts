import { defineEntity, p } from '@mikro-orm/core';
import { choice, ids, now } from './columns.ts';
import { User } from './user.ts';

/** The severities of a log entry. */
export const LOGGING_TYPES = ['error', 'warning', 'info'] as const;

/** Whether someone has read it. */
export const STATUS_TYPES = ['read', 'unread'] as const;

export const LogEntrySchema = defineEntity({
  name: 'LogEntry',
  tableName: 'log_entries',
  properties: {
    ...ids(),
    content: p.string().length(500),
    loggingType: p.enum(LOGGING_TYPES).nullable(),
    statusType: choice(STATUS_TYPES, 'unread'),
    user: () => p.manyToOne(User).joinColumn('user_public_id').index().deleteRule('cascade').ref(),
    createdOn: now().index(),
  },
});

/** A line of the system log, read or unread, of the user that it concerns. */
export class LogEntry extends LogEntrySchema.class {}
LogEntrySchema.setClass(LogEntry);
