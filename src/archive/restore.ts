import { join } from 'node:path';
import type { ClientBase, Pool } from 'pg';
import { LONG_RUNNING, PORTABLE_TEXT, withSession } from '../database/session.ts';
import { ConflictError, NotFoundError } from '../errors.ts';
import { counted } from '../text/counted.ts';
import { COLUMNS, createLoaded, LOADED, load } from './load.ts';
import { type ArchivedFile, isWhole, type Referred, titleOf } from './manifest.ts';

export interface RestoreOptions {
  folder: string;
  /** Whether datapoints that are already in the database stay as they are; else they are refused. */
  skipsDuplicates: boolean;
  dryRun: boolean;
  signal: AbortSignal;
}

export interface Restored {
  title: string;
  restored: number;
  /** Datapoints that are already in the database. */
  skipped: number;
  /** Datapoints whose experiment no longer exists. */
  withoutExperiment: number;
}

/**
 * Restores the datapoints of files of one period, the newest version of each, in one transaction.
 * @throws NotFoundError for a missing file, or an event that does not exist; ConflictError for datapoints that are already there
 */
export async function restoreFiles(
  pool: Pool,
  files: readonly ArchivedFile[],
  { folder, signal, skipsDuplicates, dryRun }: RestoreOptions,
): Promise<Restored> {
  const title = files.map(titleOf)[0] ?? '';
  for (const file of files) {
    if (!(await isWhole(folder, file, signal))) {
      throw missing(folder, file);
    }
  }
  const settings = { ...PORTABLE_TEXT, ...LONG_RUNNING };
  return await withSession(pool, { settings, dryRun, signal }, ({ transaction }) =>
    transaction(async (client) => {
      await createLoaded(client);
      let withoutExperiment = 0;
      for (const [number, file] of files.entries()) {
        const { events, experiments, unknown } = await rowsOfToday(client, file);
        if (unknown.length > 0) {
          throw new NotFoundError(`Events of ${file.name} do not exist: ${unknown.join(', ')}.`, {
            hint: 'Create them first, with "webmacs events create". Nothing of this file was restored.',
          });
        }
        const left = await load(client, join(folder, file.name), {
          ...{ hasIds: file.with_ids, newIds: true, number, events, experiments, signal },
        });
        withoutExperiment += left.withoutExperiment;
      }
      await client.query(`analyze ${LOADED}`);
      await removeOlder(client, files.length);
      const skipped = await removePresent(client, 'datapoints', files);
      if (skipped > 0 && !skipsDuplicates) {
        throw new ConflictError(`The database already has ${counted(skipped, 'datapoint')} of ${title}.`, {
          hint: `Nothing of ${title} was restored. To restore those that are missing, pass --on-duplicate skip.`,
        });
      }
      const restored = await insertLoaded(client, dryRun);
      return { title, restored, skipped, withoutExperiment };
    }),
  );
}

export function missing(folder: string, file: ArchivedFile): NotFoundError {
  return new NotFoundError(`${titleOf(file)} is missing: ${join(folder, file.name)} does not exist.`, {
    hint: 'The manifest of the archive has it: bring the file back.',
  });
}

/** Finds the events and experiments that a file refers to: by public id, or else by name. */
export async function rowsOfToday(client: ClientBase, file: ArchivedFile) {
  const [events, experiments] = [
    await found(client, 'events', file.events),
    await found(client, 'experiments', file.experiments),
  ];
  const unknown = file.events.filter(({ public_id }) => !events.has(public_id)).map(({ name }) => `"${name}"`);
  return { events, experiments, unknown };
}

async function found(
  client: ClientBase,
  table: 'events' | 'experiments',
  wanted: readonly Referred[],
): Promise<Map<string, string>> {
  const { rows } = await client.query<{ old: string; now: string }>(
    `select old, coalesce((select public_id from ${table} where public_id = old), (select public_id from ${table} where name = given)) as now
       from unnest($1::text[], $2::text[]) as wanted (old, given)`,
    [wanted.map(({ public_id }) => public_id), wanted.map(({ name }) => name)],
  );
  return new Map(rows.filter(({ now }) => now !== null).map(({ old, now }) => [old, now]));
}

/** Removes what a file with a greater number has too. */
export async function removeOlder(client: ClientBase, files: number): Promise<void> {
  if (files > 1) {
    await client.query(`delete from ${LOADED} a using ${LOADED} d where d.file > a.file and ${SAME}`);
  }
}

/** Removes the datapoints that a table has, too; returns how many these were. */
export async function removePresent(
  client: ClientBase,
  table: string,
  files: readonly Pick<ArchivedFile, 'from' | 'to'>[],
): Promise<number> {
  const times = files.flatMap(({ from, to }) => [from, to]).sort();
  const { rowCount } = await client.query(
    `delete from ${LOADED} a using ${table} d
      where d.timestamp >= $1::timestamptz and d.timestamp < $2::timestamptz and (${SAME})`,
    [times[0], times.at(-1)],
  );
  return rowCount ?? 0;
}

/** Whether two datapoints are the same: without public ids, these of the table are not known. */
const SAME = `d.event_public_id = a.event_public_id and d.timestamp = a.timestamp and (d.public_id = a.public_id or d.id = a.id)`;

/** With the same ids, which the order of datapoints of the same time depends on, unless others have them. */
async function insertLoaded(client: ClientBase, dryRun: boolean): Promise<number> {
  const { rows } = await client.query<{ taken: boolean; most: string | null; sequence: string | null; type: string }>(
    `select exists (select 1 from datapoints d join ${LOADED} a on a.id = d.id) as taken, max(id)::text as most,
            pg_get_serial_sequence('datapoints', 'id') as sequence,
            (select atttypid::regtype::text from pg_attribute where attrelid = 'datapoints'::regclass and attname = 'id') as type
       from ${LOADED}`,
  );
  const [{ taken = false, most = null, sequence = null, type = '' } = {}] = rows;
  const keeps = !taken && !(type === 'integer' && Number(most) >= 2 ** 31);
  const columns = keeps ? COLUMNS : COLUMNS.replace('id, ', '');
  const { rowCount } = await client.query(
    `insert into datapoints (${columns}) ${keeps ? 'overriding system value' : ''} select ${columns} from ${LOADED} order by id`,
  );
  // A sequence keeps its value when the transaction is rolled back.
  if (keeps && most !== null && sequence !== null && !dryRun) {
    const { rows: last } = await client.query<{ behind: boolean }>(
      `select last_value < $1::bigint as behind from ${sequence}`,
      [most],
    );
    if (last[0]?.behind) {
      await client.query('select setval($1::regclass, $2::bigint)', [sequence, most]);
    }
  }
  return rowCount ?? 0;
}

/**
 * Groups files by period, each with the oldest first.
 * @param month only of this one, such as `2025-01`
 * @throws NotFoundError if there are none
 */
export function filesByPeriod(
  files: readonly ArchivedFile[],
  name: string | undefined,
  month: string | undefined,
): ArchivedFile[][] {
  const wanted = files.filter(
    (file) =>
      (name === undefined || file.name === name) &&
      (month === undefined || (file.experiment === null && titleOf(file) === month)),
  );
  if (wanted.length === 0) {
    const what = name ?? month ?? 'datapoints';
    throw new NotFoundError(`The manifest of the archive has no ${what}.`, {
      hint: `It has ${files.map(({ name: each }) => each).join(', ') || 'no files'}.`,
    });
  }
  const periods = Map.groupBy(wanted, ({ from, to, experiment }) => JSON.stringify([from, to, experiment?.public_id]));
  return [...periods.values()]
    .map((parts) => parts.sort((one, other) => Date.parse(one.archived_on) - Date.parse(other.archived_on)))
    .sort((one, other) => (one[0]?.from ?? '').localeCompare(other[0]?.from ?? ''));
}
