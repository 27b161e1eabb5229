import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ClientBase } from 'pg';
import { copyFrom, copyTo } from '../database/copy.ts';
import type { Database } from '../database/database.ts';
import { databaseFailure } from '../database/failure.ts';
import { identifier } from '../database/sql.ts';
import { CheckFailedError, InvalidInputError } from '../errors.ts';
import { removeIndexes } from './indexes.ts';
import { mappingsBetween, type TableMapping } from './mapping.ts';
import { countRows, isSame, type Measure, measure } from './measure.ts';
import { beginProgress, identityOf, lockTarget, noteCopied, PROGRESS_TABLE, progressOf } from './progress.ts';
import { on, type Side, withSide } from './session.ts';

/** A table of the target: its rows and checksum, the same as the source's, and whether an earlier run had copied it. */
export interface TransferredTable extends Measure {
  table: string;
  resumed: boolean;
}

/** How much of a table is moved, and what is done to it when all is. */
export interface TransferProgress {
  table: string;
  rows: number;
  bytes: number;
  totalRows?: number;
  doing?: string;
}

export interface TransferOptions {
  signal: AbortSignal;
  /** Told while a table is copied. */
  onProgress?(progress: TransferProgress): void;
}

/**
 * Copies every row of the source into the target, whose tables are there and empty. The source is seen as it is at one
 * moment; each table is one transaction of the target, in which its rows are counted and summed up and compared with
 * the source's. Run again after an interruption, it goes on behind the last whole table: those before it are kept where
 * the source still has the same rows, and copied anew, with all that follow, where it has not.
 * @throws ConflictError for a target with rows of its own, CheckFailedError where a table is not what the source has,
 * LockTimeoutError while another transfer writes into the target
 */
export async function transfer(
  source: Database,
  target: Database,
  options: TransferOptions,
): Promise<TransferredTable[]> {
  return await withSide(source, options.signal, async (from) =>
    withSide(target, options.signal, async (to) => {
      const mappings = mappingsBetween(source.layout, target.layout);
      const { tables } = target;
      const identity = await prepare(from, to, options.signal);
      let progress = await on(to, (client) => progressOf(client, to.where, identity, mappings, tables));
      if (!progress) {
        await on(to, (client) => beginProgress(client, identity));
        progress = new Map();
      }
      const done: TransferredTable[] = [];
      for (const mapping of mappings) {
        const { table } = mapping;
        const copied = progress.get(table);
        const resumed = copied !== undefined && isSame(copied, await measureSource(from, mapping));
        if (copied && !resumed) {
          await on(to, (client) => client.query(clearing(tables.slice(tables.indexOf(table)))));
          progress = new Map(done.map(({ table, ...measured }) => [table, measured]));
        }
        done.push({ table, resumed, ...(resumed ? copied : await copyTable(from, to, mapping, options)) });
      }
      await on(to, (client) => client.query(finishing(tables)));
      return done;
    }),
  );
}

/** Takes the snapshot and the lock. */
async function prepare(from: Side, to: Side, signal: AbortSignal): Promise<string> {
  const identity = await on(from, identityOf);
  if (identity === (await on(to, identityOf))) {
    throw new InvalidInputError('Source and target are the same database.');
  }
  await on(to, (client) => lockTarget(client, to.where, signal));
  await on(from, (client) => client.query('begin isolation level repeatable read read only'));
  return identity;
}

async function copyTable(from: Side, to: Side, mapping: TableMapping, options: TransferOptions): Promise<Measure> {
  const { table, columns } = mapping;
  return await on(to, async (client) => {
    await client.query('begin');
    const restoreIndexes = await removeIndexes(client, table);
    const moved = await moveRows(from, client, mapping, options);
    options.onProgress?.({ table, ...moved, doing: 'building indexes and comparing' });
    const [wanted, written] = await Promise.all([
      measureSource(from, mapping),
      restoreIndexes().then(() => measure(client, table, columns)),
    ]);
    if (!isSame(written, wanted)) {
      throw new CheckFailedError(
        `"${table}" came out otherwise: ${written.rows} rows with the checksum ${written.checksum} in the target, ${wanted.rows} with ${wanted.checksum} in the source.`,
        { hint: 'Its rows were taken back.' },
      );
    }
    await noteCopied(client, table, written);
    await client.query('commit');
    return written;
  });
}

async function measureSource(from: Side, { table, values }: TableMapping): Promise<Measure> {
  return await on(from, (client) => measure(client, table, values));
}

/** @returns how much was moved */
async function moveRows(
  from: Side,
  target: ClientBase,
  { table, columns, values }: TableMapping,
  { signal, onProgress }: TransferOptions,
): Promise<{ rows: number; bytes: number }> {
  const moved = { rows: 0, bytes: 0 };
  const totalRows = await on(from, (client) => countRows(client, table));
  const out = copyTo(from.client, `copy (select ${values.join(', ')} from ${identifier(table)}) to stdout`);
  const into = copyFrom(target, `copy ${identifier(table)} (${columns.join(', ')}) from stdin`);
  // The one that fails first is to blame: the other is then ended with the same error.
  let lost: unknown;
  out.once('error', (error) => {
    lost ??= databaseFailure(error, from.where);
  });
  into.once('error', (error) => {
    lost ??= error;
  });
  const counting = counter(moved, () => onProgress?.({ table, ...moved, totalRows }));
  await pipeline(out, counting, into, { signal }).catch((error: unknown) => {
    throw lost ?? error;
  });
  return moved;
}

/** Counts what passes: in the text format of COPY a line end always ends a row. */
function counter(moved: { rows: number; bytes: number }, onCount: () => void): Transform {
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, at + 1)) {
        moved.rows += 1;
      }
      moved.bytes += chunk.length;
      onCount();
      done(null, chunk);
    },
  });
}

/** Takes copied rows away again. Parents stand before children, so nothing else refers to these tables. */
function clearing(tables: string[]): string {
  const names = tables.map((table) => `'${table}'`).join(', ');
  return `begin;
    truncate ${tables.map(identifier).join(', ')};
    delete from ${PROGRESS_TABLE} where table_name in (${names});
    commit`;
}

/** Lets new ids follow the copied ones, and forgets the progress. */
function finishing(tables: string[]): string {
  const sequences = tables.map(
    (table) =>
      `select setval(pg_get_serial_sequence('${table}', 'id'), greatest(max(id), 1), max(id) is not null) from ${identifier(table)};`,
  );
  return `begin; ${sequences.join('\n')} drop table ${PROGRESS_TABLE}; commit; analyze ${tables.map(identifier).join(', ')}`;
}
