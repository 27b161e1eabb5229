import type { Pool, DatabaseError as PostgresError } from 'pg';
import { InterruptedError, NotFoundError } from '../errors.ts';
import { counted } from '../text/counted.ts';
import { CURRENT_SCHEMA } from './current-schema.ts';
import { distributionOf } from './distributed.ts';
import { failureCode } from './failure.ts';
import { STORAGE_FORM } from './layouts/storage-form.ts';
import { runAlone } from './run-alone.ts';
import { type Shard, shardsOf } from './shards.ts';
import { identifier } from './sql.ts';

/** One maintenance step on a table or an index, and the reason for it. */
export interface Step {
  /** The table, or the partition or chunk of it that stores the rows. */
  table: string;
  /** Its schema, which may be another one than that of the table. */
  schema: string;
  action: 'vacuum' | 'analyze' | 'vacuum and analyze' | 'reindex' | 'drop index';
  index: string | null;
  reason: string;
}

/** A finished step; `skipped` is the reason why it was not done. */
export interface Done extends Step {
  skipped: string | null;
  seconds: number;
}

export interface MaintainSettings {
  /** How long to wait for sessions that block an index. */
  lockTimeoutSeconds: number;
  signal: AbortSignal;
  /** Called after each step. */
  onStep(done: Done): Promise<void>;
}

/** Missing privileges, an index that cannot be unique, whose message does not show the rows, and a deadlock, as with a compression. */
const SKIPPED = ['42501', '23505', '40P01'];

/**
 * Plans the steps: VACUUM of tables with dead rows, ANALYZE of tables that have changed since the last one or were never
 * analysed. With `reindex`, every index is rebuilt, and indexes left invalid by an interrupted CREATE INDEX or REINDEX
 * CONCURRENTLY are repaired or dropped.
 * @param ours the tables that the database has
 * @param tables only these; all by default
 * @throws NotFoundError for an unknown table
 */
export async function maintenance(
  pool: Pool,
  ours: string[],
  tables: string[] | undefined,
  reindex: boolean,
): Promise<Step[]> {
  const unknown = tables?.find((table) => !ours.includes(table));
  if (unknown !== undefined) {
    throw new NotFoundError(`Table "${unknown}" not found.`, { hint: `Use one of ${ours.join(', ')}.` });
  }
  const wanted = tables ?? ours;
  return [...(await changedTables(pool, wanted)), ...(reindex ? await indexes(pool, wanted) : [])];
}

/** SQL for the tables `$1`, and what stores their rows: `root` is the name of the table. */
const TREE = `
  with recursive tree as (
    select relname as root, oid, false as below from pg_class
     where relnamespace = ${CURRENT_SCHEMA} and relname = any ($1) and relkind in ('r', 'p')
    union
    select root, inhrelid, true from tree join pg_inherits on inhparent = tree.oid and not inhdetachpending
  )`;

interface Changed {
  table: string;
  schema: string;
  dead: number;
  changed: number;
  never: boolean;
}

async function changedTables(pool: Pool, tables: string[]): Promise<Step[]> {
  const { rows } = await pool.query<Changed>(
    `${TREE}
     select c.relname as table, c.relnamespace::regnamespace::text as schema, coalesce(s.n_dead_tup, 0)::float8 as dead,
            -- The server counts changes where the rows are, but the statistics of a table are those of all its rows.
            case when below then coalesce(s.n_mod_since_analyze, 0) else (
              select coalesce(sum(n_mod_since_analyze), 0) from tree other join pg_stat_user_tables on relid = other.oid
               where other.root = tree.root)
            end::float8 as changed,
            c.reltuples < 0 as never
       from tree join pg_class c on c.oid = tree.oid left join pg_stat_user_tables s on s.relid = c.oid
      order by root, below, c.relname`,
    [tables],
  );
  // Of rows on other servers, those count; VACUUM and ANALYZE of the table go there, too.
  const shards = (await distributionOf(pool, 'datapoints')) ? await shardsOf(pool) : [];
  const facts = rows.map((row) =>
    row.table === 'datapoints' && shards.length > 0
      ? { ...row, dead: sumOf(shards, 'dead'), changed: sumOf(shards, 'changed') }
      : row,
  );
  return facts.flatMap(({ table, schema, dead, changed, never }) => {
    const reasons = [
      ...(dead > 0 ? [counted(dead, 'dead row')] : []),
      ...(changed > 0 ? [counted(changed, 'changed row')] : never ? ['never analysed'] : []),
    ];
    const analyze = changed > 0 || never;
    const action = dead > 0 ? (analyze ? 'vacuum and analyze' : 'vacuum') : 'analyze';
    return reasons.length > 0 ? [{ table, schema, action, index: null, reason: reasons.join(', ') } as const] : [];
  });
}

function sumOf(shards: readonly Shard[], fact: 'dead' | 'changed'): number {
  return shards.reduce((sum, shard) => sum + shard[fact], 0);
}

async function indexes(pool: Pool, tables: string[]): Promise<Step[]> {
  const { rows } = await pool.query<{
    table: string;
    schema: string;
    index: string;
    valid: boolean;
    leftover: boolean;
  }>(
    `${TREE}
     select t.relname as table, t.relnamespace::regnamespace::text as schema, c.relname as index, i.indisvalid as valid,
            not i.indisvalid and c.relname ~ '_cc(new|old)[0-9]*$' as leftover
       from tree join pg_index i on i.indrelid = tree.oid join pg_class c on c.oid = i.indexrelid and c.relkind = 'i'
       join pg_class t on t.oid = i.indrelid
      -- A hypertable has no rows itself, and its own indexes cannot be rebuilt.
      where t.relname <> 'datapoints' or (select ${STORAGE_FORM} from pg_class c where c.oid = t.oid) <> 'hypertable'
      order by leftover desc, i.indisvalid, root, t.relname, c.relname`,
    [tables],
  );
  return rows.map(({ table, schema, index, valid, leftover }) => ({
    table,
    schema,
    index,
    action: leftover ? 'drop index' : 'reindex',
    reason: leftover ? 'left by an interrupted REINDEX CONCURRENTLY' : valid ? 'requested' : 'invalid',
  }));
}

/**
 * Runs the steps, none of which blocks reads or writes. Skips what is not permitted, or is already being done by another
 * session.
 * @throws InterruptedError when aborted; LockTimeoutError when a session blocks an index
 */
export async function maintain(pool: Pool, steps: Step[], settings: MaintainSettings): Promise<void> {
  try {
    for (const step of steps) {
      settings.signal.throwIfAborted();
      const started = performance.now();
      const skipped = await take(pool, step, settings);
      await settings.onStep({ ...step, skipped, seconds: (performance.now() - started) / 1000 });
    }
  } catch (error) {
    throw settings.signal.aborted ? new InterruptedError('Interrupted. What was done stays done.') : error;
  }
}

/** @returns why the step was not done, or null */
async function take(pool: Pool, step: Step, settings: MaintainSettings): Promise<string | null> {
  const table = `${step.schema}.${identifier(step.table)}`;
  if (step.index !== null && (await isBeingBuilt(pool, table))) {
    return 'another session is building an index of the table';
  }
  try {
    return await runAlone(pool, statementOf(step), settings);
  } catch (error) {
    if (step.action === 'reindex') {
      await dropLeftover(pool, table, step.schema);
    }
    if (SKIPPED.includes(failureCode(error) ?? '')) {
      return (error as PostgresError).message;
    }
    throw error;
  }
}

function statementOf({ table, schema, action, index }: Step): string {
  const statements = {
    vacuum: 'vacuum (skip_locked)',
    'vacuum and analyze': 'vacuum (analyze, skip_locked)',
    analyze: 'analyze (skip_locked)',
    reindex: 'reindex index concurrently',
    'drop index': 'drop index concurrently if exists',
  };
  return `${statements[action]} ${schema}.${identifier(index ?? table)}`;
}

/** An index that is being built looks like one that was given up. Of other roles' work only its existence may be seen. */
async function isBeingBuilt(pool: Pool, table: string): Promise<boolean> {
  const { rowCount } = await pool.query(
    `select from pg_stat_progress_create_index
      where datname = current_database() and pid <> pg_backend_pid() and (relid is null or relid = $1::text::regclass)`,
    [table],
  );
  return (rowCount ?? 0) > 0;
}

/** What a failed REINDEX CONCURRENTLY leaves is of no use, and slows every insert down. */
async function dropLeftover(pool: Pool, table: string, schema: string): Promise<void> {
  const { rows } = await pool
    .query<{ name: string }>(
      `select c.relname as name from pg_index i join pg_class c on c.oid = i.indexrelid
        where not i.indisvalid and c.relname ~ '_ccnew[0-9]*$' and i.indrelid = $1::text::regclass`,
      [table],
    )
    .catch(() => ({ rows: [] }));
  for (const { name } of rows) {
    // What was in the way of the index may be in the way of this, too; then the next maintenance finds it.
    const drop = `drop index concurrently if exists ${schema}.${identifier(name)}`;
    await runAlone(pool, drop, { lockTimeoutSeconds: 1 }).catch(() => {});
  }
}
