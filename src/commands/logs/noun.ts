import { usernamesOf } from '../../auth/users.ts';
import type { Command } from '../../cli/command.ts';
import type { Context } from '../../cli/context.ts';
import type { TimeRange } from '../../database/time-range.ts';
import type { LogRow, LogSelection } from '../../domain/logs.ts';
import { LOGGING_TYPES, LogEntry, STATUS_TYPES } from '../../entities/index.ts';
import { defined } from '../../text/defined.ts';
import { findPublicId, type Noun } from '../standard/noun.ts';
import { timeRangeOf, timeRangeOptions } from '../standard/time-range.ts';
import { USERS } from '../users/noun.ts';

export const LOGS: Noun<LogRow> = {
  entity: LogEntry,
  singular: 'entry',
  columns: ['created_on', 'logging_type', 'status_type', 'user', 'content', 'public_id'],
  hideFirst: ['public_id', 'status_type', 'user', 'logging_type'],
  orderBy: { createdOn: 'desc' },
  derived: {
    columns: ['user'],
    rows: async (em, entries) => {
      const names = await usernamesOf(em, entries);
      return entries.map(({ user }) => ({ user: names.get(user.publicId) ?? null }));
    },
  },
};

export interface KindOptions {
  type?: (typeof LOGGING_TYPES)[number];
  status?: (typeof STATUS_TYPES)[number];
}

export interface LogOptions extends KindOptions, TimeRange {
  user?: string;
}

export function kindOptions(command: Command): Command {
  return command
    .choice('--type <type>', 'only entries of this type', LOGGING_TYPES)
    .choice('--status <status>', 'only entries with this status', STATUS_TYPES);
}

export function logOptions(command: Command): Command {
  return command.with(kindOptions).option('--user <user>', 'only entries of this user').with(timeRangeOptions);
}

export async function logSelection(ctx: Context, { type, status, user, ...range }: LogOptions): Promise<LogSelection> {
  const userPublicId = await findPublicId(ctx, USERS, user);
  return { ...defined({ loggingType: type, statusType: status, userPublicId }), ...(await timeRangeOf(ctx, range)) };
}
