import { type Command, Option } from 'commander';
import type { Context } from '../../cli/context.ts';
import { parseTime } from '../../cli/time.ts';
import { LOGGING_TYPES, LogEntry, STATUS_TYPES } from '../../entities/index.ts';
import { type LogRow, type LogSelection, usernamesOf } from '../../site/logs.ts';
import { find, type Noun } from '../standard/noun.ts';
import { USERS } from '../users/noun.ts';

export const LOGS: Noun<LogRow> = {
  entity: LogEntry,
  singular: 'entry',
  columns: ['created_on', 'logging_type', 'status_type', 'user', 'content', 'public_id'],
  orderBy: { createdOn: 'desc' },
  derived: {
    columns: ['user'],
    rows: async (em, entries) => {
      const names = await usernamesOf(em, entries);
      return entries.map(({ user }) => ({ user: names.get(user.publicId) ?? null }));
    },
  },
};

/** The options that say what kind of entries are meant. */
export interface KindOptions {
  type?: (typeof LOGGING_TYPES)[number];
  status?: (typeof STATUS_TYPES)[number];
}

export interface LogOptions extends KindOptions {
  user?: string;
  from?: string;
  to?: string;
}

export function kindOptions(command: Command): Command {
  return command
    .addOption(new Option('--type <type>', 'only entries of this type').choices([...LOGGING_TYPES]))
    .addOption(new Option('--status <status>', 'only read ones, or unread ones').choices([...STATUS_TYPES]));
}

export function logOptions(command: Command): Command {
  return kindOptions(command)
    .option('--user <user>', 'only entries of this user')
    .option('--from <time>', 'from this moment: ISO 8601, now, yesterday, -2h')
    .option('--to <time>', 'up to, not including, this moment');
}

/** Which entries the options mean. */
export async function logSelection(ctx: Context, { type, status, user, from, to }: LogOptions): Promise<LogSelection> {
  return {
    ...(type === undefined ? {} : { loggingType: type }),
    ...(status === undefined ? {} : { statusType: status }),
    ...(user === undefined ? {} : { userPublicId: (await find(ctx, USERS, user)).publicId }),
    ...(from === undefined ? {} : { from: parseTime(from, ctx.now(), '--from') }),
    ...(to === undefined ? {} : { to: parseTime(to, ctx.now(), '--to') }),
  };
}
