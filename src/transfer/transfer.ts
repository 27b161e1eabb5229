import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ClientBase } from 'pg';
import { copyFrom, copyTo } from '../database/copy.ts';
import type { Database } from '../database/database.ts';
import { databaseFailure } from '../database/failure.ts';
import { identityOf } from '../database/identity.ts';
import { identifier } from '../database/sql.ts';
import { CheckFailedError, InvalidInputError } from '../errors.ts';
import { removeIndexes } from './indexes.ts';
import { mappingsBetween, type TableMapping, withNonAdmins } from './mapping.ts';
import { countRows, isSame, type Measure, measure } from './measure.ts';
import { beginProgress, hasProgress, noteCopied, PROGRESS_TABLE, progressOf, targetLock } from './progress.ts';
import { asSide, type Side, withSide } from './side.ts';

/** A copied table: its rows and checksum, which equal those of the source, and whether an earlier run copied it. */
export interface TransferredTable extends Measure {
  table: string;
  resumed: boolean;
}

/** How many rows of a table are copied, and what is done after the last one. */
export interface TransferProgress {
  table: string;
  rows: number;
  bytes: number;
  totalRows?: number;
  doing?: string;
}

export interface TransferOptions {
  signal: AbortSignal;
  /** The role of users that are not admins, if only the target has roles; default viewer. */
  nonAdmins?: 'operator' | 'viewer';
  /** Called while a table is copied. */
  onProgress?(progress: TransferProgress): void;
}

/**
 * Copies every row of the source into the target, whose tables exist and are empty. The source is read in one snapshot; each
 * table is one transaction of the target, in which its rows and checksum are compared with the source. After an
 * interruption, a second run continues after the last complete table: earlier tables are kept if the source still has the
 * same rows; otherwise they and all later ones are copied again. If the target already has all rows, nothing is written.
 * @throws ConflictError if the target has other rows, CheckFailedError if a copied table differs from the source,
 * LockTimeoutError while another transfer writes into the target
 */
export async function transfer(
  source: Database,
  target: Database,
  options: TransferOptions,
): Promise<TransferredTable[]> {
  const { signal } = options;
  return await withSide(source, { readOnly: true, signal }, ({ transaction }) =>
    transaction(async (client) =>
      withSide(target, { lock: targetLock(target.where, signal), signal }, (to) =>
        copyAll({ database: source, client }, to, options),
      ),
    ),
  );
}

/** The source, in the transaction that holds its snapshot. */
interface Source {
  database: Database;
  client: ClientBase;
}

async function copyAll(from: Source, to: Side, options: TransferOptions): Promise<TransferredTable[]> {
  const { layout, tables, where } = to.database;
  const mappings = mappingsBetween(withNonAdmins(from.database.layout, options.nonAdmins ?? 'viewer'), layout);
  const identity = await asSide(from.database, identityOf(from.client));
  if (identity === (await to.transaction(identityOf))) {
    throw new InvalidInputError('Source and target are the same database.');
  }
  const complete = await to.transaction((client) => completed(from, client, mappings));
  if (complete) {
    return complete;
  }
  let progress = await to.transaction((client) => progressOf(client, where, identity, mappings, tables));
  if (!progress) {
    await to.transaction((client) => beginProgress(client, identity));
    progress = new Map();
  }
  const done: TransferredTable[] = [];
  for (const mapping of mappings) {
    const { table } = mapping;
    const copied = progress.get(table);
    const resumed = copied !== undefined && isSame(copied, await measureSource(from, mapping));
    if (copied && !resumed) {
      await to.transaction((client) => client.query(clearing(tables.slice(tables.indexOf(table)))));
      progress = new Map(done.map(({ table, ...measured }) => [table, measured]));
    }
    done.push({ table, resumed, ...(resumed ? copied : await copyTable(from, to, mapping, options)) });
  }
  await to.transaction((client) => client.query(finishing(tables)));
  return done;
}

/**
 * Returns the tables, if the target has exactly the rows of the source and no transfer is unfinished: an earlier one was
 * killed only after its last commit.
 */
async function completed(
  from: Source,
  target: ClientBase,
  mappings: TableMapping[],
): Promise<TransferredTable[] | undefined> {
  if (await hasProgress(target)) {
    return undefined;
  }
  const tables: TransferredTable[] = [];
  for (const mapping of mappings) {
    const written = await measure(target, mapping.table, mapping.columns);
    if (!isSame(written, await measureSource(from, mapping))) {
      return undefined;
    }
    tables.push({ table: mapping.table, resumed: true, ...written });
  }
  return tables.some(({ rows }) => rows > 0) ? tables : undefined;
}

async function copyTable(from: Source, to: Side, mapping: TableMapping, options: TransferOptions): Promise<Measure> {
  const { table, columns } = mapping;
  return await to.transaction(async (client) => {
    const restoreIndexes = await removeIndexes(client, table);
    const moved = await moveRows(from, client, mapping, options);
    options.onProgress?.({ table, ...moved, doing: 'building indexes and comparing' });
    const [wanted, written] = await Promise.all([
      measureSource(from, mapping),
      restoreIndexes().then(() => measure(client, table, columns)),
    ]);
    if (!isSame(written, wanted)) {
      throw new CheckFailedError(
        `The copy of "${table}" differs: ${written.rows} rows with the checksum ${written.checksum} in the target, ${wanted.rows} with ${wanted.checksum} in the source.`,
        { hint: 'Its rows were rolled back.' },
      );
    }
    await noteCopied(client, table, written);
    return written;
  });
}

async function measureSource(from: Source, { table, values }: TableMapping): Promise<Measure> {
  return await asSide(from.database, measure(from.client, table, values));
}

/** @returns how much was moved */
async function moveRows(
  from: Source,
  target: ClientBase,
  { table, columns, values }: TableMapping,
  { signal, onProgress }: TransferOptions,
): Promise<{ rows: number; bytes: number }> {
  const moved = { rows: 0, bytes: 0 };
  const totalRows = await asSide(from.database, countRows(from.client, table));
  const out = copyTo(from.client, `copy (select ${values.join(', ')} from ${identifier(table)}) to stdout`);
  const into = copyFrom(target, `copy ${identifier(table)} (${columns.join(', ')}) from stdin`);
  // The one that fails first is to blame: the other is then ended with the same error.
  let lost: unknown;
  out.once('error', (error) => {
    lost ??= databaseFailure(error, from.database.where);
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
  return `truncate ${tables.map(identifier).join(', ')};
    delete from ${PROGRESS_TABLE} where table_name in (${names})`;
}

/** Lets new ids follow the copied ones, and forgets the progress. */
function finishing(tables: string[]): string {
  const sequences = tables.map(
    (table) =>
      `select setval(pg_get_serial_sequence('${table}', 'id'), greatest(max(id), 1), max(id) is not null) from ${identifier(table)};`,
  );
  return `${sequences.join('\n')} drop table ${PROGRESS_TABLE}; analyze ${tables.map(identifier).join(', ')}`;
}
