import type { ClientBase, Pool } from 'pg';
import { distributionOf } from '../../database/distributed.ts';
import { chunksOf, type Leaf } from '../../database/leaves.ts';
import { LONG_RUNNING, withSession } from '../../database/session.ts';
import { literal } from '../../database/sql.ts';
import { isoTimestamp } from '../../entities/types.ts';
import { ConflictError, InterruptedError } from '../../errors.ts';
import type { ImportRecord, ImportRecords } from './record.ts';
import { type ImportState, statesOf } from './state.ts';
import type { EventXid } from './written-rows.ts';

/** "undo" as a number: one undo of an import at a time; its id is the second key. */
const UNDO_LOCK = 0x756e646f;

/**
 * Checks that an import can be undone: that all of its rows are as it wrote them.
 * @throws ConflictError
 */
export async function checkUndo(pool: Pool, record: ImportRecord, signal: AbortSignal): Promise<void> {
  await withSession(pool, { settings: LONG_RUNNING, signal }, async ({ transaction }) =>
    transaction(async (client) => {
      await checkState(client, record);
      const { where, values } = rowsOf(record);
      const chunks = await chunksOf(client);
      let count = 0;
      for (const table of chunks?.map(({ sql }) => `only ${sql}`) ?? ['datapoints']) {
        const { rows } = await client.query<{ count: number }>(
          `select count(*)::float8 as count from ${table} where ${where}`,
          values,
        );
        count += rows[0]?.count ?? 0;
      }
      checkCount(record, count, chunks);
    }),
  );
}

/**
 * Deletes the rows of an import in one transaction, if they are exactly those that it wrote, and records it.
 * @returns the record, with the time
 * @throws ConflictError if it was undone before, cannot be undone, or rows have been changed or deleted since;
 * InterruptedError when `signal` is aborted
 */
export async function undoImport(
  pool: Pool,
  records: ImportRecords,
  id: string,
  { signal, now }: { signal: AbortSignal; now(): Date },
): Promise<ImportRecord> {
  const undo = async (client: ClientBase): Promise<ImportRecord> => {
    await client.query('select pg_advisory_xact_lock($1, $2)', [UNDO_LOCK, Number.parseInt(id, 16) | 0]);
    // Another undo may have changed it while this one waited.
    const record = records.read(id);
    await checkState(client, record);
    const chunks = await chunksOf(client);
    checkCount(record, await deleteRows(client, record, chunks), chunks);
    const { rows } = await client.query<{ xid: string }>('select pg_current_xact_id()::text as xid');
    const undone = {
      ...record,
      undone_on: isoTimestamp(now().toISOString()),
      undo_xid: rows[0]?.xid ?? null,
    };
    // Should this transaction not commit, its id says that this did not happen.
    await records.write(undone);
    return undone;
  };
  try {
    return await withSession(pool, { settings: LONG_RUNNING, signal }, ({ transaction }) => transaction(undo));
  } catch (error) {
    throw signal.aborted ? new InterruptedError('Interrupted; no datapoints were deleted.') : error;
  }
}

/** Only rows that nobody has changed since have the id of the import's transaction. */
function rowsOf({ xid, xids, lowest_id: lowest, highest_id: highest }: ImportRecord) {
  const where = xids ? anyOf(xids, (own) => xminIs(own.xid)) : xminIs(xid);
  return lowest === null || highest === null
    ? { where, values: [] }
    : { where: `${where} and id between $1::int8 and $2::int8`, values: [lowest, highest] };
}

function xminIs(xid: string): string {
  return `xmin = ${literal(xid)}::xid8::xid`;
}

/** SQL for a condition on the rows of each event, which the server that has them checks. */
function anyOf(xids: readonly EventXid[], condition: (xid: EventXid) => string): string {
  return `(${xids.map((xid) => `event_public_id = ${literal(xid.event_public_id)} and ${condition(xid)}`).join(' or ') || 'false'})`;
}

async function deleteRows(
  client: ClientBase,
  record: ImportRecord,
  chunks: readonly Leaf[] | undefined,
): Promise<number> {
  const { where, values } = rowsOf(record);
  if (chunks === undefined) {
    return (await client.query(`delete from datapoints where ${where}`, values)).rowCount ?? 0;
  }
  let count = 0;
  for (const { sql } of chunks) {
    const { rows } = await client.query<{ events: string[] | null; first: string; last: string }>(
      `select array_agg(distinct event_public_id) as events, min(timestamp)::text as first, max(timestamp)::text as last
         from only ${sql} where ${where}`,
      values,
    );
    const [{ events, first, last } = { events: null, first: '', last: '' }] = rows;
    // TimescaleDB decompresses all that has such events and times, first.
    const near = `event_public_id = any ($${values.length + 1}::varchar[])
      and timestamp between $${values.length + 2}::timestamptz and $${values.length + 3}::timestamptz`;
    const deletion = `delete from only ${sql} where ${where} and ${near}`;
    count += events ? ((await client.query(deletion, [...values, events, first, last])).rowCount ?? 0) : 0;
  }
  return count;
}

async function checkState(client: ClientBase, record: ImportRecord): Promise<void> {
  const isDistributed = (await distributionOf(client, 'datapoints')) !== undefined;
  const state = (await statesOf(client, [record])).get(record.id) ?? 'not committed';
  const isOld = isDistributed && record.xids && (await isTooOld(client, record.xids));
  const [why, hint] = REFUSALS[isOld ? 'too old' : state]?.(record) ?? [];
  if (why !== undefined) {
    throw new ConflictError(`Import ${record.id} ${why}.`, { hint });
  }
  if (isDistributed !== (record.xids !== undefined)) {
    throw new ConflictError(
      `The datapoints of import ${record.id} cannot be distinguished from others: all were moved to the servers of Citus, or back, since.`,
      { hint: INSTEAD },
    );
  }
}

/** Whether so many transactions followed on one of the servers that an `xmin` means another one. */
async function isTooOld(client: ClientBase, xids: readonly EventXid[]): Promise<boolean> {
  const { rowCount } = await client.query(
    `select from datapoints where ${anyOf(xids, ({ xid }) => `pg_snapshot_xmax(pg_current_snapshot())::text::numeric - ${xid} >= 2147483648`)} limit 1`,
  );
  return rowCount !== 0;
}

const INSTEAD =
  'Look at its rows with "webmacs datapoints list --from TIME --to TIME"; "datapoints delete" takes the same options.';

/** Why an import cannot be undone, and what to do instead. */
const REFUSALS: Record<ImportState, (record: ImportRecord) => [why?: string, hint?: string]> = {
  imported: ({ replaced }) =>
    replaced > 0
      ? [`replaced ${replaced.toLocaleString('en-US')} datapoints, which undoing it would not bring back`, INSTEAD]
      : [],
  undone: ({ undone_on: when }) => [`was already undone, on ${when}`],
  'not committed': () => ['has stored nothing: it is still running, or was interrupted'],
  'too old': () => [
    'is more than 2,147,483,648 transactions old, so its rows cannot be distinguished from others',
    INSTEAD,
  ],
  'other database': ({ database }) => [
    `was made in another database, then named "${database}"`,
    'Use the settings of that database. If this is it, restored from a dump or upgraded since, its rows cannot be distinguished from others.',
  ],
};

function checkCount({ id, rows }: ImportRecord, unchanged: number, chunks: readonly Leaf[] | undefined): void {
  if (unchanged !== rows) {
    const changed = unchanged < rows ? (rows - unchanged).toLocaleString('en-US') : 'Some';
    const all = rows.toLocaleString('en-US');
    throw new ConflictError(
      `${changed} of the ${all} datapoints of import ${id} have been changed, deleted${chunks ? ', compressed' : ''} or restored from a dump since.`,
      { hint: `Nothing was deleted. ${INSTEAD}` },
    );
  }
}
