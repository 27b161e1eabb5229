import type { ClientBase, Pool } from 'pg';
import { failureCode } from '../database/failure.ts';
import { literal } from '../database/sql.ts';
import { briefly, type ConversionOptions, reading } from './conversion.ts';

/** How many rows are copied per transaction. */
const COPIED_ROWS = 5000;
/** How many are compared at once. */
const COMPARED_ROWS = 50_000;
/** Violations of a foreign key, and of a unique one. */
const MEANWHILE = ['23503', '23505'];
/** How often a batch is tried again. */
const TRIES = 20;
/** Instead of a time. */
const ALL = 'all';

export interface CopyOptions extends ConversionOptions {
  /** Called after each batch with the rows that were copied so far. */
  onRows(rows: number): void;
}

/** A table and its copy, as SQL, and the columns of both. */
export interface Rows {
  source: string;
  copy: string;
  columns: readonly string[];
}

/** Copies the rows in the order of time. A comment has the time up to which that is done. */
export async function copyRows(pool: Pool, rows: Rows, options: CopyOptions): Promise<void> {
  for (let copied = 0, isDone = false; !isDone; options.onRows(copied)) {
    const batch = await unlessChanged(pool, options, async (client) => await copyBatch(client, rows));
    copied += batch.copied;
    isDone = batch.isDone;
  }
}

/** Copies rows in a transaction: again if what one refers to was deleted since it was read, or a row has got another id since. */
export async function unlessChanged<T>(
  pool: Pool,
  options: Parameters<typeof briefly>[1],
  work: (client: ClientBase) => Promise<T>,
): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await briefly(pool, options, work);
    } catch (error) {
      if (!MEANWHILE.includes(failureCode(error) ?? '') || tries > TRIES) {
        throw error;
      }
    }
  }
}

/** @returns how far the rows are copied, which the comment of the copy says */
export async function cursorOf(client: ClientBase, copy: string): Promise<string | null> {
  const { rows } = await client.query<{ cursor: string | null }>(
    `select obj_description(to_regclass($1), 'pg_class') as cursor`,
    [copy],
  );
  return rows[0]?.cursor ?? null;
}

async function copyBatch(
  client: ClientBase,
  { source, copy, columns }: Rows,
): Promise<{ copied: number; isDone: boolean }> {
  const list = columns.join(', ');
  const from = (await cursorOf(client, copy)) ?? '-infinity';
  if (from === ALL) {
    return { copied: 0, isDone: true };
  }
  const to = await endOfBatch(client, [source], from, COPIED_ROWS);
  // Whatever is lost of it in a crash of the server is lost with the comment, and copied again.
  await client.query('set local synchronous_commit = off');
  if (await mayLeaveUnchecked(client)) {
    // All rows are compared afterwards, so that they are those of the original, whose references are checked.
    await client.query('set local session_replication_role = replica');
  }
  const batch = batchOf(from, to);
  const { rowCount } = await client.query(
    `insert into ${copy} (${list}) overriding system value select ${list} from ${source} where ${batch.sql} on conflict do nothing`,
    batch.parameters,
  );
  await client.query(`comment on table ${copy} is ${literal(to ?? ALL)}`);
  return { copied: rowCount ?? 0, isDone: false };
}

/** Whether the role may have rows copied without a check of their references, which takes as long as the copy. */
export async function mayLeaveUnchecked(client: ClientBase): Promise<boolean> {
  const { rows } = await client.query<{ may: boolean }>(
    `select has_parameter_privilege('session_replication_role', 'set') as may`,
  );
  return rows[0]?.may ?? false;
}

/**
 * Compares all rows, and copies again those that differ: while a batch was copied, a row of it may have been deleted.
 * @returns how many there were
 */
export async function correctRows(pool: Pool, { source, copy, columns }: Rows, options: CopyOptions): Promise<number> {
  const list = columns.join(', ');
  let corrected = 0;
  for (let from: string | null = '-infinity'; from !== null; ) {
    options.signal.throwIfAborted();
    const start: string = from;
    const { batch, to, keys } = await reading(pool, async (client) => {
      const to = await endOfBatch(client, [source, copy], start, COMPARED_ROWS);
      const batch = batchOf(start, to);
      const part = (table: string) => `(select ${list} from ${table} where ${batch.sql})`;
      const { rows } = await client.query<{ id: string; timestamp: string }>(
        `select id::text, "timestamp"::text from ${part(source)} original full join ${part(copy)} copy using (id, "timestamp")
          where row (original.*) is distinct from row (copy.*)`,
        batch.parameters,
      );
      return { batch, to, keys: rows };
    });
    for (let first = 0; first < keys.length; first += COPIED_ROWS) {
      const some = keys.slice(first, first + COPIED_ROWS);
      await briefly(pool, options, async (client) => {
        await client.query(`lock table ${source} in share mode`);
        const next = batch.parameters.length;
        const those = `${batch.sql} and (id, "timestamp") in (select * from unnest($${next + 1}::bigint[], $${next + 2}::timestamptz[]))`;
        const parameters = [...batch.parameters, some.map(({ id }) => id), some.map(({ timestamp }) => timestamp)];
        await client.query(`delete from ${copy} where ${those}`, parameters);
        await client.query(
          `insert into ${copy} (${list}) overriding system value select ${list} from ${source} where ${those}`,
          parameters,
        );
      });
    }
    corrected += keys.length;
    from = to;
  }
  return corrected;
}

/** @returns the time after about so many rows from a time on, which no row of the batch has; null if there are fewer */
async function endOfBatch(
  client: ClientBase,
  tables: readonly string[],
  from: string,
  rows: number,
): Promise<string | null> {
  const ends = tables.map(
    (table) => `(select "timestamp" from ${table} where "timestamp" > $1 order by "timestamp" offset $2 limit 1)`,
  );
  const found = await client.query<{ end: string | null }>(`select least(${ends.join(', ')})::text as "end"`, [
    from,
    rows,
  ]);
  return found.rows[0]?.end ?? null;
}

function batchOf(from: string, to: string | null): { sql: string; parameters: string[] } {
  return to === null
    ? { sql: '"timestamp" >= $1', parameters: [from] }
    : { sql: '"timestamp" >= $1 and "timestamp" < $2', parameters: [from, to] };
}
