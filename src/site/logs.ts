import type { EntityManager } from '@mikro-orm/postgresql';
import type { Where } from '../database/keyset.ts';
import { insert } from '../database/repository.ts';
import { LOGGING_TYPES, LogEntry, type STATUS_TYPES, User } from '../entities/index.ts';
import { InvalidInputError } from '../errors.ts';
import { oneOf } from './checks.ts';

export type LogRow = LogEntry;

/** The most characters of an entry. */
const MAX_LENGTH = 500;

/** Which entries are meant: all conditions that are given hold. Times are ISO 8601; `from` is in, `to` is not. */
export interface LogSelection {
  loggingType?: (typeof LOGGING_TYPES)[number];
  statusType?: (typeof STATUS_TYPES)[number];
  userPublicId?: string;
  from?: string;
  to?: string;
}

/** The selection as a filter of the ORM. */
export function logFilter({ from, to, userPublicId, ...equal }: LogSelection): Where<LogRow> {
  const range = { ...(from === undefined ? {} : { $gte: from }), ...(to === undefined ? {} : { $lt: to }) };
  return {
    ...equal,
    ...(userPublicId === undefined ? {} : { user: userPublicId }),
    ...(Object.keys(range).length > 0 ? { createdOn: range } : {}),
  };
}

/**
 * Writes an entry of a user, unread.
 * @param loggingType one of LOGGING_TYPES
 * @throws InvalidInputError
 */
export async function addLog(
  em: EntityManager,
  { content, loggingType }: { content: string; loggingType: string },
  userPublicId: string,
): Promise<LogRow> {
  const length = [...content].length;
  if (content.trim() === '' || content.includes('\0')) {
    throw new InvalidInputError('The content must not be empty, nor have a NUL character.');
  }
  if (length > MAX_LENGTH) {
    throw new InvalidInputError(`The content has ${length} characters: at most ${MAX_LENGTH}.`);
  }
  return await insert(em, LogEntry, {
    content,
    loggingType: oneOf('type', loggingType, LOGGING_TYPES),
    user: userPublicId,
  });
}

/**
 * Marks the selected entries.
 * @returns how many were not marked so already
 */
export async function markLogs(
  em: EntityManager,
  selection: LogSelection | { publicIds: string[] },
  statusType: (typeof STATUS_TYPES)[number],
): Promise<number> {
  const where: Where<LogRow> =
    'publicIds' in selection ? { publicId: { $in: selection.publicIds } } : logFilter(selection);
  return await em.nativeUpdate(LogEntry, { $and: [where, { statusType: { $ne: statusType } }] }, { statusType });
}

/** The names of the users whom the entries belong to, by public id. */
export async function usernamesOf(em: EntityManager, entries: LogRow[]): Promise<Map<string, string>> {
  const publicIds = [...new Set(entries.map(({ user }) => user.publicId))];
  const users = await em.find(User, { publicId: { $in: publicIds } });
  return new Map(users.map(({ publicId, username }) => [publicId, username]));
}
