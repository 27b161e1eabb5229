import type { ClientBase } from 'pg';
import { PROGRESS_TABLE } from '../database/layouts/recognise.ts';
import { identifier } from '../database/sql.ts';
import { copyTable } from './copy-table.ts';
import { mappingsInto, type TableMapping } from './mapping.ts';
import { countRows, isSame, type Measure, measure, measureAll } from './measure.ts';
import { beginProgress, clearing, hasProgress, progressOf, takeBack } from './progress.ts';
import type { ReceiveOptions, RowSource } from './row-source.ts';
import type { Side } from './side.ts';

/** A copied table: its rows and checksum, which equal those of the source, and whether an earlier run copied it. */
export interface TransferredTable extends Measure {
  table: string;
  resumed: boolean;
}

/**
 * Copies every row of a source into the target, whose tables exist and are empty. A table is complete once its rows and
 * checksum are compared with the source. After an interruption, a second run continues after the last complete table: earlier tables are kept if the source still has the same rows; otherwise they and all later ones are copied again. If
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
  if (options.dryRun) {
    return [];
  }
  await to.transaction((client) => (progress ? takeBack(client, tables) : beginProgress(client, from.identity)));
  progress ??= new Map();
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
  await to.transaction((client) => client.query(`analyze ${tables.map(identifier).join(', ')}`));
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

async function measureSource(from: RowSource, { table, properties }: TableMapping): Promise<Measure> {
  return await measureAll(from.read(table, properties));
}

/** Lets new ids follow the copied ones, and forgets the progress. */
function finishing(tables: string[]): string {
  const sequences = tables.map(
    (table) =>
      `select setval(pg_get_serial_sequence('${table}', 'id'), greatest(max(id), 1), max(id) is not null) from ${identifier(table)};`,
  );
  return `${sequences.join('\n')} drop table ${PROGRESS_TABLE}`;
}
