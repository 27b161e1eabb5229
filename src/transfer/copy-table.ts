import { pipeline } from 'node:stream/promises';
import type { ClientBase } from 'pg';
import { copyFrom } from '../database/copy.ts';
import { identifier } from '../database/sql.ts';
import { CheckFailedError } from '../errors.ts';
import { type Job, onConnections } from './connections.ts';
import { type Indexes, indexesOf, runAll } from './indexes.ts';
import type { TableMapping } from './mapping.ts';
import { isSame, type Measure, Measuring, measure, wholeRows } from './measure.ts';
import { noteBegun, noteCopied, takeBack } from './progress.ts';
import type { ReceiveOptions, RowSource } from './row-source.ts';
import type { Side } from './side.ts';

/** With fewer rows, indexes are not worth dropping. */
const MANY_ROWS = 10_000;
/** One of them reads the rows back while the others build indexes. */
const CONNECTIONS = 3;

/**
 * Copies a table, and compares its rows and checksum with the source. A small one, one in partitions or chunks, or on several
 * servers, is one transaction. Another large one is filled, and its indexes are built, over several connections; it is noted as
 * copied at the end, and emptied if something fails, by the next run if this one is killed.
 * @throws CheckFailedError if they differ
 */
export async function copyTable(
  from: RowSource,
  to: Side,
  mapping: TableMapping,
  { signal, onProgress = () => {} }: ReceiveOptions,
): Promise<Measure> {
  const { table } = mapping;
  const totalRows = await from.count(table);
  const sent = new Measuring();
  await using rows = sharedRows(from, mapping, (piece) => {
    sent.add(piece);
    onProgress({ table, rows: sent.rows, bytes: sent.bytes, totalRows });
  });
  const send = async (client: ClientBase, failed = signal) => {
    const into = copyFrom(client, `copy ${identifier(table)} (${mapping.columns.join(', ')}) from stdin`);
    await pipeline(taken(rows), into, { signal: AbortSignal.any([signal, failed]) });
  };
  const compare = async (client: ClientBase) => {
    onProgress({ table, rows: sent.rows, bytes: sent.bytes, doing: 'building indexes and comparing' });
    return await expectSame(client, mapping, sent.end());
  };
  const { storage } = to.database;
  // Of several servers each updates the indexes of its own rows meanwhile; a hypertable cannot get its keys from indexes.
  const keepsIndexes =
    totalRows < MANY_ROWS || storage === 'distributed' || (storage === 'hypertable' && table === 'datapoints');
  const indexes = keepsIndexes ? undefined : await to.transaction((client) => indexesOf(client, table));
  return indexes && indexes.build.length > 0
    ? await withoutIndexes(to, table, indexes, send, compare)
    : await to.transaction(async (client) => {
        await send(client);
        return await noteCopied(client, table, await compare(client));
      });
}

/** Fills a table without its indexes, and builds them while its rows are compared. */
async function withoutIndexes(
  to: Side,
  table: string,
  indexes: Indexes,
  send: (client: ClientBase, failed: AbortSignal) => Promise<void>,
  compare: (client: ClientBase) => Promise<Measure>,
): Promise<Measure> {
  const { drop, build, refer, constrain } = indexes;
  await to.transaction(async (client) => {
    await noteBegun(client, table, indexes);
    await runAll(client, drop);
  });
  try {
    await onConnections(to, CONNECTIONS, Array<Job>(CONNECTIONS).fill(send));
    const compared = Promise.withResolvers<Measure>();
    const runs = (statements: string[]) => async (client: ClientBase) => await runAll(client, statements);
    await onConnections(to, CONNECTIONS, [
      ...build.map((statement) => runs([statement])),
      async (client) => {
        compared.resolve(await compare(client));
      },
      runs(refer),
    ]);
    return await to.transaction(async (client) => {
      await runAll(client, constrain);
      return await noteCopied(client, table, await compared.promise);
    });
  } catch (error) {
    // If this fails too, the next run does it.
    await to.transaction((client) => takeBack(client, to.database.tables)).catch(() => {});
    throw error;
  }
}

/** The rows of a table, for whichever connection is free to take the next ones. */
function sharedRows(
  from: RowSource,
  { table, properties }: TableMapping,
  onTaken: (piece: Buffer) => void,
): AsyncGenerator<Buffer> {
  return (async function* () {
    for await (const piece of wholeRows(from.read(table, properties))) {
      onTaken(piece);
      yield piece;
    }
  })();
}

/** Unlike a loop over shared rows, does not end them for others when it ends. */
async function* taken(rows: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  for (let next = await rows.next(); !next.done; next = await rows.next()) {
    yield next.value;
  }
}

async function expectSame(client: ClientBase, { table, columns }: TableMapping, sent: Measure): Promise<Measure> {
  const written = await measure(client, table, columns);
  if (!isSame(written, sent)) {
    throw new CheckFailedError(
      `The copy of "${table}" differs: ${written.rows} rows with the checksum ${written.checksum} in the target, ${sent.rows} with ${sent.checksum} in the source.`,
      { hint: 'Its rows were deleted again.' },
    );
  }
  return written;
}
