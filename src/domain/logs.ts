import type { EntityManager } from '@mikro-orm/postgresql';
import type { Where } from '../database/keyset.ts';
import { insert } from '../database/repository.ts';
import { rangeCondition, type TimeRange } from '../database/time-range.ts';
import { LOGGING_TYPES, LogEntry, type STATUS_TYPES } from '../entities/index.ts';
import { InvalidInputError } from '../errors.ts';
import { defined } from '../text/defined.ts';
import { oneOf } from './checks.ts';

export type LogRow = LogEntry;

/** In characters. */
const MAX_LENGTH = 500;

/** Selects entries; all given conditions must hold. */
export interface LogSelection extends TimeRange {
  loggingType?: (typeof LOGGING_TYPES)[number];
  statusType?: (typeof STATUS_TYPES)[number];
  userPublicId?: string;
}

/** Returns the selection as a filter of the ORM. */
export function logFilter({ userPublicId, from, to, ...equal }: LogSelection): Where<LogRow> {
  return { ...equal, ...defined({ user: userPublicId, createdOn: rangeCondition({ from, to }) }) };
}

/**
 * Writes an unread entry.
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
    throw new InvalidInputError('The content must not be empty or contain a NUL character.');
  }
  if (length > MAX_LENGTH) {
    throw new InvalidInputError(`The content is too long: ${length} characters, at most ${MAX_LENGTH}.`);
  }
  return await insert(em, LogEntry, {
    content,
    loggingType: oneOf('type', loggingType, LOGGING_TYPES),
    user: userPublicId,
  });
}

/**
 * Marks the selected entries as read or unread.
 * @returns how many changed
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
