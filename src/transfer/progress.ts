import type { ClientBase } from 'pg';
import { CURRENT_SCHEMA, SCHEMA_KEY } from '../database/current-schema.ts';
import { PROGRESS_TABLE } from '../database/layouts/recognise.ts';
import type { AdvisoryLock } from '../database/session.ts';
import { identifier, literal } from '../database/sql.ts';
import { ConflictError, InterruptedError, LockTimeoutError } from '../errors.ts';
import { type Indexes, runAll } from './indexes.ts';
import type { TableMapping } from './mapping.ts';
import { isSame, type Measure, measure } from './measure.ts';

/** "tran" as a number: one transfer into a schema at a time; its id is the second key. */
const TRANSFER_LOCK = 0x7472616e;

/** The copied tables, with their rows and checksums. */
export type Progress = Map<string, Measure>;

/** Allows one transfer into a schema at a time. Waits a moment: the server may not have noticed yet that one was killed. */
export function targetLock(where: string, signal: AbortSignal): AdvisoryLock<never> {
  return {
    key: TRANSFER_LOCK,
    of: SCHEMA_KEY,
    timeoutSeconds: 2,
    signal,
    busy: () => {
      throw new LockTimeoutError(`Another transfer into ${where} is running.`);
    },
  };
}

/** @throws InterruptedError, which says that the work can be resumed, when aborted */
export async function resumably<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw signal.aborted ? new InterruptedError('Interrupted. Run the same command again: it resumes.') : error;
  }
}

/** Whether a transfer into the target is unfinished; the comment of the table identifies the source. */
export async function hasProgress(target: ClientBase): Promise<boolean> {
  const { rowCount } = await target.query(
    `select from pg_class where relname = $1 and relnamespace = ${CURRENT_SCHEMA}`,
    [PROGRESS_TABLE],
  );
  return rowCount !== 0;
}

/**
 * Returns the progress of an earlier transfer from the same source, without changing the target.
 * @returns undefined if none has started
 * @throws ConflictError for rows that no transfer from this source has written, or that have changed since
 */
export async function progressOf(
  target: ClientBase,
  where: string,
  source: string,
  mappings: TableMapping[],
  tables: readonly string[],
): Promise<Progress | undefined> {
  const { rows: begun } = await target.query<{ source: string | null }>(
    `select obj_description(oid, 'pg_class') as source from pg_class
      where relname = $1 and relnamespace = ${CURRENT_SCHEMA}`,
    [PROGRESS_TABLE],
  );
  if (begun[0] && begun[0].source !== source) {
    throw new ConflictError(`${where} has an unfinished copy of another database or backup.`, {
      hint: 'Finish that one, or start with a new, empty target.',
    });
  }
  const { rows } = begun[0]
    ? await target.query<{ table: string; rows: number | string; checksum: string }>(
        `select table_name as table, rows, checksum from ${PROGRESS_TABLE} where unfinished is null`,
      )
    : { rows: [] };
  const unfinished = begun[0] ? (await unfinishedTables(target)).map(({ table }) => table) : [];
  const progress = new Map(rows.map(({ table, rows, checksum }) => [table, { rows: Number(rows), checksum }]));
  for (const table of tables) {
    const mapping = mappings.find((candidate) => candidate.table === table);
    const copied = progress.get(table);
    if (copied && mapping && !isSame(copied, await measure(target, table, mapping.columns))) {
      throw new ConflictError(`The rows of "${table}" in ${where} have changed since they were copied.`, {
        hint: 'Nothing may write to the target before the transfer is complete; start with a new, empty one.',
      });
    }
    if (
      !copied &&
      !unfinished.includes(table) &&
      (await target.query(`select from ${identifier(table)} limit 1`)).rowCount
    ) {
      throw new ConflictError(`${where} is not empty: its table "${table}" has rows.`, {
        hint: 'A transfer goes into a database with tables and no rows: createdb, then "webmacs db migrate".',
      });
    }
  }
  return begun[0] ? progress : undefined;
}

/** Notes in the target that a transfer from this source begins. */
export async function beginProgress(target: ClientBase, source: string): Promise<void> {
  await target.query(
    `create table ${PROGRESS_TABLE} (table_name text primary key, rows bigint, checksum text, unfinished json);
     comment on table ${PROGRESS_TABLE} is ${literal(source)}`,
  );
}

/** Notes that a table is filled by several transactions, before the first of them. */
export async function noteBegun(target: ClientBase, table: string, dropped: Indexes): Promise<void> {
  await target.query(`insert into ${PROGRESS_TABLE} (table_name, unfinished) values ($1, $2)`, [table, dropped]);
}

/** Notes, in the last transaction that copies it, that a table is whole. */
export async function noteCopied(target: ClientBase, table: string, measured: Measure): Promise<Measure> {
  await target.query(
    `insert into ${PROGRESS_TABLE} (table_name, rows, checksum) values ($1, $2, $3)
     on conflict (table_name) do update set rows = excluded.rows, checksum = excluded.checksum, unfinished = null`,
    [table, measured.rows, measured.checksum],
  );
  return measured;
}

async function unfinishedTables(target: ClientBase): Promise<{ table: string; dropped: Indexes }[]> {
  const { rows } = await target.query<{ table: string; dropped: Indexes }>(
    `select table_name as table, unfinished as dropped from ${PROGRESS_TABLE} where unfinished is not null`,
  );
  return rows;
}

/** Empties a table that was begun and not finished, and restores its indexes. */
export async function takeBack(target: ClientBase, tables: readonly string[]): Promise<void> {
  for (const { table, dropped } of await unfinishedTables(target)) {
    await target.query(clearing(tables.slice(tables.indexOf(table))));
    const { drop, build, refer, constrain } = dropped;
    await runAll(target, [...drop, ...build, ...constrain, ...refer]);
  }
}

/** Takes copied rows away again. Parents stand before children, so nothing else refers to these tables. */
export function clearing(tables: readonly string[]): string {
  const names = tables.map(literal).join(', ');
  return `truncate ${tables.map(identifier).join(', ')};
    delete from ${PROGRESS_TABLE} where table_name in (${names})`;
}
