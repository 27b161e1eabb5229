import type { EntityManager } from '@mikro-orm/postgresql';
import { query } from '../database/query.ts';
import { isoTimestamp } from '../entities/types.ts';
import type { LogSelection } from './logs.ts';

/** How long a missing id is looked for: its transaction may not have committed yet. */
const GAP_SECONDS = 600;
/** The maximum number of missing ids of one gap that are looked for, the last ones. */
const MAX_GAP = 1000;
/** The maximum number of entries of one query. */
const MAX_ENTRIES = 10_000;

/** An entry as it is printed, with the name of its user. */
export type LogLine = {
  id: number;
  public_id: string;
  content: string;
  logging_type: string | null;
  status_type: string;
  user_public_id: string;
  created_on: string;
  user: string;
};

/** Reads the end of the log, and follows it. Entries are in the order of their ids. */
export class LogTail {
  readonly #em: EntityManager;
  readonly #selection: LogSelection;
  /** The missing ids below the last one, and until when they are looked for. */
  readonly #gaps = new Map<number, number>();
  #last = 0;

  constructor(em: EntityManager, selection: LogSelection) {
    this.#em = em;
    this.#selection = selection;
  }

  /** Returns the last entries of the selection, oldest first. */
  async end(count: number): Promise<LogLine[]> {
    const recent = await query<{ id: number }>(
      this.#em,
      `select id from (select id from log_entries order by id desc limit ${MAX_GAP}) recent order by id`,
    );
    this.#last = (recent[0]?.id ?? 1) - 1;
    for (const { id } of recent) {
      this.#advance(id);
    }
    if (count === 0) {
      return [];
    }
    const given = Object.entries(this.#selection) as [keyof LogSelection, string][];
    const conditions = ['l.id <= ?', ...given.map(([key]) => CONDITIONS[key])].join(' and ');
    const lines = await this.#lines(conditions, [this.#last, ...given.map(([, value]) => value)], 'desc', count);
    return lines.reverse();
  }

  /** Returns the entries that were committed since. */
  async next(): Promise<LogLine[]> {
    const now = performance.now();
    for (const [id, deadline] of this.#gaps) {
      if (deadline < now) {
        this.#gaps.delete(id);
      }
    }
    const lines = await this.#lines(
      `(l.id > ? or l.id = any (string_to_array(?, ',')::bigint[]))`,
      [this.#last, [...this.#gaps.keys()].join(',')],
      'asc',
      MAX_ENTRIES,
    );
    for (const { id } of lines) {
      this.#advance(id);
    }
    return lines.filter((line) => this.#isSelected(line));
  }

  async #lines(conditions: string, parameters: unknown[], order: 'asc' | 'desc', limit: number): Promise<LogLine[]> {
    const lines = await query<LogLine>(
      this.#em,
      `select l.id, l.public_id, l.content, l.logging_type, l.status_type, l.user_public_id, l.created_on, u.username as user
         from log_entries l join users u on u.public_id = l.user_public_id
        where ${conditions} order by l.id ${order} limit ?`,
      [...parameters, limit],
    );
    return lines.map((line) => ({ ...line, created_on: isoTimestamp(line.created_on) }));
  }

  #advance(id: number): void {
    this.#gaps.delete(id);
    const deadline = performance.now() + GAP_SECONDS * 1000;
    for (let missing = Math.max(this.#last + 1, id - MAX_GAP); missing < id; missing += 1) {
      this.#gaps.set(missing, deadline);
    }
    this.#last = Math.max(this.#last, id);
  }

  #isSelected({ logging_type, status_type, user_public_id, created_on }: LogLine): boolean {
    const { loggingType, statusType, userPublicId, from, to } = this.#selection;
    const time = Date.parse(created_on);
    return (
      (loggingType === undefined || loggingType === logging_type) &&
      (statusType === undefined || statusType === status_type) &&
      (userPublicId === undefined || userPublicId === user_public_id) &&
      (from === undefined || time >= Date.parse(from)) &&
      (to === undefined || time < Date.parse(to))
    );
  }
}

const CONDITIONS: Record<keyof LogSelection, string> = {
  loggingType: 'l.logging_type = ?',
  statusType: 'l.status_type = ?',
  userPublicId: 'l.user_public_id = ?',
  from: 'l.created_on >= ?',
  to: 'l.created_on < ?',
};
