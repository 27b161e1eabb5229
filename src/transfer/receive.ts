import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ClientBase } from 'pg';
import { copyFrom } from '../database/copy.ts';
import { PROGRESS_TABLE } from '../database/layouts/recognise.ts';
import { identifier } from '../database/sql.ts';
import { CheckFailedError } from '../errors.ts';
import { removeIndexes } from './indexes.ts';
import { type Field, mappingsInto, type TableFields, type TableMapping } from './mapping.ts';
import { countRows, isSame, type Measure, Measuring, measure, measureAll } from './measure.ts';
import { beginProgress, hasProgress, noteCopied, progressOf } from './progress.ts';
import type { Side } from './side.ts';

/** Where rows come from: a database, or a backup. */
export interface RowSource {
  /** The same for an unchanged source, so that an interrupted copy is resumed from it only. */
  identity: string;
  tables: readonly TableFields<Pick<Field, 'property'>>[];
  count(table: string): Promise<number>;
  /** Yields the rows of a table, with these properties, in the text format of COPY and ordered by id. */
  read(table: string, properties: readonly string[]): AsyncIterable<Buffer>;
}

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

export interface ReceiveOptions {
  signal: AbortSignal;
  /** Called while a table is copied. */
  onProgress?(progress: TransferProgress): void;
}

/**
 * Copies every row of a source into the target, whose tables exist and are empty. Each table is one transaction, in which its
 * rows and checksum are compared with the source. After an interruption, a second run continues after the last complete
 * table: earlier tables are kept if the source still has the same rows; otherwise they and all later ones are copied again. If
 * the target already has all rows, nothing is written.
 * @throws ConflictError if the target has other rows, CheckFailedError if a copied table differs from the source
 */
export async function receive(from: RowSource, to: Side, options: ReceiveOptions): Promise<TransferredTable[]> {
  const { layout, tables, where } = to.database;
  const mappings = mappingsInto(layout, from.tables);
  const complete = await to.transaction((client) => completed(from, client, mappings));
  if (complete) {
    return complete;
  }
  let progress = await to.transaction((client) => progressOf(client, where, from.identity, mappings, tables));
  if (!progress) {
    await to.transaction((client) => beginProgress(client, from.identity));
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
  from: RowSource,
  target: ClientBase,
  mappings: TableMapping[],
): Promise<TransferredTable[] | undefined> {
  if (await hasProgress(target)) {
    return undefined;
  }
  for (const { table } of mappings) {
    if ((await countRows(target, table)) !== (await from.count(table))) {
      return undefined;
    }
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

async function copyTable(from: RowSource, to: Side, mapping: TableMapping, options: ReceiveOptions): Promise<Measure> {
  const { table, columns } = mapping;
  return await to.transaction(async (client) => {
    const restoreIndexes = await removeIndexes(client, table);
    const moved = await moveRows(from, client, mapping, options);
    const { rows, bytes } = moved;
    options.onProgress?.({ table, rows, bytes, doing: 'building indexes and comparing' });
    await restoreIndexes();
    const [sent, written] = [moved.end(), await measure(client, table, columns)];
    if (!isSame(written, sent)) {
      throw new CheckFailedError(
        `The copy of "${table}" differs: ${written.rows} rows with the checksum ${written.checksum} in the target, ${sent.rows} with ${sent.checksum} in the source.`,
        { hint: 'Its rows were rolled back.' },
      );
    }
    await noteCopied(client, table, written);
    return written;
  });
}

async function measureSource(from: RowSource, { table, properties }: TableMapping): Promise<Measure> {
  return await measureAll(from.read(table, properties));
}

/** @returns what was moved */
async function moveRows(
  from: RowSource,
  target: ClientBase,
  { table, columns, properties }: TableMapping,
  { signal, onProgress }: ReceiveOptions,
): Promise<Measuring> {
  const moved = new Measuring();
  const totalRows = await from.count(table);
  const into = copyFrom(target, `copy ${identifier(table)} (${columns.join(', ')}) from stdin`);
  const measuring = new Transform({
    transform(piece: Buffer, _encoding, done) {
      moved.add(piece);
      onProgress?.({ table, rows: moved.rows, bytes: moved.bytes, totalRows });
      done(null, piece);
    },
  });
  await pipeline(from.read(table, properties), measuring, into, { signal });
  return moved;
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
