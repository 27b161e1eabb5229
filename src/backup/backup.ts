import { availableParallelism } from 'node:os';
import type { ClientBase } from 'pg';
import { copyRows } from '../database/copy-out.ts';
import type { Database } from '../database/database.ts';
import { columnName, LAYOUTS } from '../database/layouts/layouts.ts';
import type { StorageForm } from '../database/layouts/storage-form.ts';
import { latestMigration } from '../database/schema/owner.ts';
import { onSnapshot, type Snapshot, withSnapshot } from '../database/snapshot.ts';
import { EXPLAIN, type Plan, plannedRows } from '../database/total.ts';
import { findLosses } from '../transfer/losses.ts';
import { fieldsOf } from '../transfer/mapping.ts';
import { Ranges } from '../transfer/ranges.ts';
import { VERSION } from '../version.ts';
import type { Archive } from './archive.ts';
import { ChunkSink } from './chunk-sink.ts';
import { type Chunk, columnOf, FORMAT, MANIFEST_NAME, type Manifest, tableOf } from './manifest.ts';
import { referredIn } from './referred.ts';
import { DATAPOINTS, type Selection } from './selection.ts';

/** One more than processors: while the rows of some are taken, another reads. Still more gain nothing. */
const MAX_DEFAULT_JOBS = 4;

export interface BackupOptions {
  signal: AbortSignal;
  /** How many connections read in parallel. */
  jobs?: number;
  onProgress?(progress: { rows: number; bytes: number; totalRows: number }): void;
}

/** What of the manifest is known before the rows are read. */
type Head = Omit<Manifest, 'tables' | 'chunks'>;

/**
 * Writes a backup of a database as it is at one moment. Nobody is blocked: it takes no other locks than a query does, unless
 * several servers have the datapoints.
 * @returns the manifest, which is the last entry
 */
export async function backUp(
  database: Database,
  selection: Selection,
  archive: Archive,
  { signal, jobs, onProgress }: BackupOptions,
): Promise<Manifest> {
  const fields = fieldsOf(database.layout).filter(({ table }) => selection.tables.includes(table));
  const migration = await latestMigration(database);
  const chunks: Chunk[] = [];
  const head = await withSnapshot(database.pool, signal, async (snapshot) => {
    const { leader } = snapshot;
    const described = await headOf(leader, database, selection, migration);
    const totalRows = await expectedRows(leader, selection, database.storage);
    const progress = { rows: 0, bytes: 0 };
    const referred =
      database.storage === 'distributed' && selection.tables.includes(DATAPOINTS)
        ? await referredIn(leader)
        : undefined;
    const columnSql = (table: string, sql: string) =>
      table === DATAPOINTS && sql === 'experiment_public_id' ? (referred?.experiment ?? sql) : sql;
    const values = new Map(
      fields.map(({ table, fields: own }) => [table, own.map(({ sql }) => columnSql(table, sql)).join(', ')]),
    );
    await readRanges(snapshot, jobs ?? Math.min(MAX_DEFAULT_JOBS, availableParallelism() + 1), {
      ...{ selection, values, condition: referred?.condition, archive, storage: database.storage },
      written(chunk) {
        chunks.push(chunk);
        progress.rows += chunk.rows;
        progress.bytes += chunk.bytes;
        onProgress?.({ ...progress, totalRows });
      },
    });
    return described;
  });
  const manifest: Manifest = {
    ...head,
    tables: fields.map(({ table, fields: own }) => tableOf(table, own.map(columnOf), chunks)),
    chunks,
  };
  await archive.finish(MANIFEST_NAME, Buffer.from(`${JSON.stringify(manifest, undefined, 1)}\n`));
  return manifest;
}

interface Reading {
  selection: Selection;
  storage: StorageForm;
  /** The values of the rows of each table, as SQL. */
  values: ReadonlyMap<string, string>;
  /** Of the datapoints that are read, as SQL; all without one. */
  condition: string | undefined;
  archive: Archive;
  written(chunk: Chunk): void;
}

/** Reads ranges over up to `jobs` connections: whichever is free takes the next one. */
async function readRanges(
  snapshot: Snapshot,
  jobs: number,
  { selection, storage, values, condition, archive, written }: Reading,
): Promise<void> {
  const ranges = new Ranges(selection.tables, storage);
  const failure = Promise.withResolvers<never>();

  async function work(client: ClientBase): Promise<void> {
    const sink = new ChunkSink(archive, written, failure.reject);
    for (let range = await ranges.take(client); range; range = await ranges.take(client)) {
      const { table } = range;
      const limit =
        table === DATAPOINTS && condition !== undefined ? `${range.condition} and ${condition}` : range.condition;
      sink.begin(range);
      await copyRows(
        client,
        `copy (select ${values.get(table)} from ${selection.relationOf(table)} where ${limit} order by id) to stdout`,
        sink,
      );
      await sink.end();
    }
    await sink.done();
  }

  await Promise.race([onSnapshot(snapshot, jobs, work), failure.promise]);
}

async function headOf(
  client: ClientBase,
  { layout }: Database,
  { tables, without, from, to }: Selection,
  migration: string | null,
): Promise<Head> {
  const users = fieldsOf(layout).find(({ table }) => table === 'users');
  const admin = users?.fields.find(({ property }) => property === 'admin')?.sql ?? 'true';
  const { rows } = await client.query<{ database: string; now: Date; people: number }>(
    `select current_database() as database, now() as now,
            (select count(*) from users where not ${admin})::int as people`,
  );
  const losses: Head['losses'] = {};
  const counted = tables.filter((table) => table !== DATAPOINTS);
  for (const target of Object.values(LAYOUTS)) {
    if (target !== layout) {
      const found = await findLosses(client, layout, target, counted);
      losses[target.name] = found.map(({ property, ...loss }) => ({
        ...loss,
        property: property && columnName(property),
      }));
    }
  }
  return {
    ...{ format: FORMAT, program: VERSION },
    created_on: new Date(rows[0]?.now ?? Number.NaN).toISOString(),
    ...{ database: rows[0]?.database ?? '', layout: layout.name, migration },
    ...{ from: from ?? null, to: to ?? null, without, losses, non_admins: rows[0]?.people ?? 0 },
  };
}

/** Returns the number of rows that the planner expects; that of Citus does not know it, so there they are counted. */
async function expectedRows(
  client: ClientBase,
  { tables, relationOf }: Selection,
  storage: StorageForm,
): Promise<number> {
  let sum = 0;
  for (const table of tables) {
    if (storage === 'distributed') {
      const { rows } = await client.query<{ rows: number }>(
        `select count(*)::float8 as rows from ${relationOf(table)}`,
      );
      sum += rows[0]?.rows ?? 0;
    } else {
      const { rows } = await client.query<Plan>(`${EXPLAIN} select from ${relationOf(table)}`);
      sum += plannedRows(rows);
    }
  }
  return sum;
}
