import type { ClientBase } from 'pg';
import { distributionOf } from '../database/distributed.ts';
import { STORAGE_FORM, type StorageForm } from '../database/layouts/storage-form.ts';
import { type Leaf, leavesOf } from '../database/leaves.ts';
import { identifier } from '../database/sql.ts';
import { isoTimestamp } from '../entities/types.ts';
import { DatabaseError } from '../errors.ts';
import { type Hypertable, hypertableOf } from './chunks.ts';
import { type Period, periodOf } from './periods.ts';

/** A table that stores datapoints, and the time that they can have. Times are ISO 8601; null without a limit. */
export interface StoredLeaf {
  leaf: Leaf;
  from: string | null;
  to: string | null;
  /** Whether it takes what no other one does. */
  isDefault: boolean;
  /** PostgreSQL's estimate; null if it has none. */
  rows: number | null;
  bytes: number;
  /** Whether TimescaleDB has compressed it. */
  compressed: boolean;
}

export interface Storage {
  form: StorageForm;
  /** The columns that partitions, chunks or shards are chosen by, such as `RANGE ("timestamp")`. */
  key: string | null;
  /** In the order of time. */
  leaves: StoredLeaf[];
  /** The length of the last partition. */
  period: Period | undefined;
  /** The time that a new chunk covers, such as `7 days`. */
  chunkPeriod: string | null;
  /** The type of the ids, such as `integer`. */
  idType: string;
}

/** The key of the partitions that the program makes, and can extend. */
export const BY_TIME = 'RANGE ("timestamp")';

/**
 * Reads how the datapoints are stored, in a transaction whose time zone is UTC.
 * @throws DatabaseError if "datapoints" is not a table
 */
export async function storageOf(client: ClientBase): Promise<Storage> {
  const { rows } = await client.query<Pick<Storage, 'form' | 'key' | 'idType'>>(
    `select ${STORAGE_FORM} as form,
            case when relkind = 'p' then pg_get_partkeydef(c.oid) end as key,
            (select format_type(atttypid, atttypmod) from pg_attribute where attrelid = c.oid and attname = 'id') as "idType"
       from pg_class c where oid = 'datapoints'::regclass and relkind in ('r', 'p')`,
  );
  const [found] = rows;
  if (!found) {
    throw new DatabaseError('"datapoints" is not a table, so its storage cannot be changed.');
  }
  const distribution = found.form === 'distributed' ? await distributionOf(client, 'datapoints') : undefined;
  const hypertable = found.form === 'hypertable' ? await hypertableOf(client) : undefined;
  const leaves = await storedLeaves(client, 'datapoints', hypertable);
  const last = leaves.findLast(({ from, to }) => from !== null && to !== null);
  const period = last?.from && last.to ? periodOf(Date.parse(last.from), Date.parse(last.to)) : undefined;
  const column = distribution !== 'copies' && distribution?.column;
  const key = hypertable?.key ?? (column ? `HASH (${identifier(column)})` : found.key);
  return { ...found, key, leaves, period, chunkPeriod: hypertable?.period ?? null };
}

/** Whether there is a last time that a datapoint can have: in partitions by time, unless one takes what no other does. */
export function isBounded({ form, key, leaves }: Storage): boolean {
  return form === 'partitions' && key === BY_TIME && !leaves.some(({ isDefault }) => isDefault);
}

/** Whether all rows of a leaf are older than a moment, in ISO 8601 in UTC with microseconds or without. */
export function endsBefore({ to }: StoredLeaf, moment: string): boolean {
  // As texts for the microseconds, as numbers for years with more than four digits, which are texts in no order, or no time.
  return to !== null && to <= moment && Date.parse(to) <= Date.parse(moment);
}

/** Reads the leaves of a table, in a transaction whose time zone is UTC. */
export async function storedLeaves(client: ClientBase, table: string, hypertable?: Hypertable): Promise<StoredLeaf[]> {
  const tables = await leavesOf(client, table);
  // A hypertable stores no rows itself.
  const leaves = hypertable ? tables.filter(({ above }) => above.length > 0) : tables;
  const { rows } = await client.query<{ oid: number; bound: string | null; rows: number; bytes: number }>(
    `select oid, pg_get_expr(relpartbound, oid) as bound, reltuples::float8 as rows,
            pg_total_relation_size(oid)::float8 as bytes
       from pg_class where oid = any ($1::oid[])`,
    [leaves.map(({ oid }) => oid)],
  );
  const facts = new Map(rows.map((row) => [row.oid, row]));
  return leaves
    .map((leaf) => {
      const { bound = null, rows = -1, bytes = 0 } = facts.get(leaf.oid) ?? {};
      const partition = { ...boundsOf(bound), bytes, compressed: false };
      const chunk = hypertable?.chunks.get(leaf.oid);
      // The estimate leaves out what is compressed.
      return { leaf, ...partition, ...chunk, rows: rows < 0 || chunk?.compressed ? null : rows };
    })
    .sort((one, other) => Date.parse(one.to ?? '9999-12-31') - Date.parse(other.to ?? '9999-12-31'));
}

/** Returns the storage with the rows counted of which there is no estimate. */
export async function withRowCounts(client: ClientBase, storage: Storage): Promise<Storage> {
  const leaves: StoredLeaf[] = [];
  for (const stored of storage.leaves) {
    leaves.push(stored.rows === null ? { ...stored, rows: await countRows(client, stored) } : stored);
  }
  return { ...storage, leaves };
}

async function countRows(client: ClientBase, { leaf, compressed }: StoredLeaf): Promise<number> {
  const { rows } = await client.query<{ rows: number }>(
    // ONLY leaves out what is compressed.
    `select count(*)::float8 as rows from ${compressed ? '' : 'only '}${leaf.sql}`,
  );
  return rows[0]?.rows ?? 0;
}

/** @param bound such as `FOR VALUES FROM (MINVALUE) TO ('2026-12-01 00:00:00+00')`, or `DEFAULT` */
function boundsOf(bound: string | null): Pick<StoredLeaf, 'from' | 'to' | 'isDefault'> {
  const [, from, to] =
    /^FOR VALUES FROM \((?:'([^']*)'|MINVALUE)\) TO \((?:'([^']*)'|MAXVALUE)\)$/.exec(bound ?? '') ?? [];
  const time = (text: string | undefined) => (text === undefined ? null : isoTimestamp(text));
  return { from: time(from), to: time(to), isDefault: bound === 'DEFAULT' };
}
