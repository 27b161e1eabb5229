import type { ClientBase, Pool } from 'pg';
import { IN_SEQUENCE, ON_ALL_SERVERS } from '../database/distributed.ts';
import { runAlone } from '../database/run-alone.ts';
import { PORTABLE_TEXT, setLocal } from '../database/session.ts';
import { literal } from '../database/sql.ts';
import { ConflictError } from '../errors.ts';
import { changesOf, EXPECT_NO_PREPARED, followShards, LISTING, triggersOf, unfollowedShards } from './changes.ts';
import { briefly, reading } from './conversion.ts';
import { type CopyOptions, cursorOf, type Rows, unlessChanged } from './copy-rows.ts';
import { columnsOf, commentOf, copyingIn, definitionOf, type Mirror } from './mirror.ts';
import { finishReplacing } from './replaced.ts';
import { COPIES, tableFacts } from './table-facts.ts';

/** About how many rows are copied, or compared, at once. */
const ROWS = 50_000;
/** How many changes are applied by one statement. */
const APPLIED = 5000;
/** So few changes may be left for the moment of the exclusive lock. */
const FEW = 1000;
const FIRST_ID = '-9223372036854775808';
const LAST_ID = 2n ** 63n - 1n;
/** Instead of an id. */
const ALL = 'all';

/** A conversion of datapoints that are on several servers, or will be. */
export interface Followed extends Omit<Mirror, 'source'> {
  /** Whether they are in shards now. */
  isSharded: boolean;
  /** Locks all tables that are converted, on all servers. */
  lock(client: ClientBase): Promise<void>;
}

/**
 * Replaces the table of the datapoints by a copy, onto the servers of Citus or back from them, while it is read and written: the
 * rows are copied in batches, and a trigger lists which ones are changed, which are copied again. (It cannot change the copy
 * itself, as that of a mirror does, for the copy is on another server.) The last of them follow under an exclusive lock of a
 * moment, and the copy takes the place of the original. What an interrupted run has done is continued.
 * @throws ConflictError if something would be lost; LockTimeoutError
 */
export async function replaceByFollowing(pool: Pool, followed: Followed, options: CopyOptions): Promise<void> {
  const onAll = { ...options, settings: ON_ALL_SERVERS };
  const copy = COPIES[followed.conversion];
  const inSequence = { ...options, settings: IN_SEQUENCE };
  // In a transaction of its own, as Citus makes and drops by several connections.
  await briefly(pool, inSequence, (client) => removeOutdated(client, followed));
  await briefly(pool, inSequence, (client) => start(client, followed));
  const columns = await reading(pool, (client) => columnsOf(client, 'datapoints'));
  const rows: Rows = { source: 'datapoints', copy, columns };
  const follow = async () => await unlessChanged(pool, onAll, (client) => applyChanges(client, rows));
  for (let isReplaced = false; !isReplaced; ) {
    if (followed.isSharded) {
      await followShards(pool, copy, options);
    }
    await options.onStep('copying the datapoints');
    await copyById(pool, rows, options);
    await follow();
    await options.onStep('comparing all datapoints');
    await listDifferences(pool, rows, onAll);
    await followed.finish();
    await options.onStep('analysing');
    await runAlone(pool, `vacuum (analyze) ${copy}`, options);
    let changed: number | undefined;
    do {
      changed = await follow();
    } while (changed !== undefined && changed > FEW);
    if (changed !== undefined) {
      await options.onStep('replacing the datapoints');
      isReplaced = await briefly(pool, onAll, (client) => replace(client, followed, rows));
    }
  }
  await finishReplacing(pool, options);
}

/** Removes the copy, if the table was changed after it had been made. */
async function removeOutdated(client: ClientBase, { conversion, check }: Followed): Promise<void> {
  await check(client);
  const name = COPIES[conversion];
  const isStarted = (await copyingIn(client)) === conversion;
  if (isStarted && (await commentOf(client, name)) !== (await definitionOf(client, 'datapoints'))) {
    for (const statement of [...removalOf(name), `drop table ${name}`]) {
      await client.query(statement);
    }
  }
}

/** Makes the table for the copy, the list of changes, and what fills it; unless they are there. */
async function start(client: ClientBase, { conversion, isSharded, create }: Followed): Promise<void> {
  if ((await copyingIn(client)) === conversion) {
    return;
  }
  const name = COPIES[conversion];
  const definition = await definitionOf(client, 'datapoints');
  const { owner, schema } = await tableFacts(client, 'datapoints');
  const copy = `${schema}.${name}`;
  const changes = changesOf(copy);
  const statements = [
    ...(await create(client)),
    `create table ${changes} (event_public_id ${await typeOf(client, 'event_public_id')}, id bigint)`,
    `alter table ${changes} owner to ${owner}`,
    `create function ${copy}() returns trigger language plpgsql security definer set search_path = pg_catalog, ${schema}
       as ${literal(LISTING)}`,
    `alter function ${copy}() owner to ${owner}`,
    `comment on function ${copy}() is ${literal(definition)}`,
    ...(isSharded
      ? [`select create_distributed_table(${literal(changes)}, 'event_public_id', colocate_with := 'datapoints')`]
      : triggersOf('datapoints', copy, changes)),
  ];
  for (const statement of statements) {
    await client.query(statement);
  }
}

/** Returns the type of a column of the datapoints, as SQL. */
async function typeOf(client: ClientBase, column: string): Promise<string> {
  const { rows } = await client.query<{ type: string }>(
    `select format_type(atttypid, atttypmod) as type from pg_attribute where attrelid = 'datapoints'::regclass and attname = $1`,
    [column],
  );
  return rows[0]?.type ?? 'text';
}

/** Returns the statements that remove what lists the changes. */
export function removalOf(copy: string): string[] {
  return [`drop function ${copy} cascade`, `drop table ${changesOf(copy)}`];
}

/** Copies the rows in the order of their ids. A comment has the id up to which that is done. */
async function copyById(pool: Pool, { source, copy, columns }: Rows, options: CopyOptions): Promise<void> {
  const list = columns.join(', ');
  const batches = new Batches([source]);
  for (let copied = 0, isDone = false; !isDone; options.onRows(copied)) {
    await unlessChanged(pool, options, async (client) => {
      const from = (await cursorOf(client, copy)) ?? FIRST_ID;
      const to = from === ALL ? null : await batches.endAfter(client, from);
      isDone = to === null;
      if (from === ALL) {
        return;
      }
      const { rowCount } = await client.query(
        `insert into ${copy} (${list}) overriding system value select ${list} from ${source} where id > $1::bigint and id <= $2::bigint
          on conflict do nothing`,
        [from, to],
      );
      await client.query(`comment on table ${copy} is ${literal(to ?? ALL)}`);
      copied += rowCount ?? 0;
    });
  }
}

/** Batches of about as many rows each, however far apart their ids are. */
class Batches {
  readonly #tables: readonly string[];
  /** How many ids the next one covers. */
  #ids = BigInt(ROWS);

  constructor(tables: readonly string[]) {
    this.#tables = tables;
  }

  /** @returns the last id of the next batch; null if there are no more rows */
  async endAfter(client: ClientBase, from: string): Promise<string | null> {
    const firsts = this.#tables.map((table) => `(select min(id) from ${table} where id > $1::bigint)`);
    const { rows: found } = await client.query<{ first: string | null }>(
      `select least(${firsts.join(', ')})::text as first`,
      [from],
    );
    const first = found[0]?.first ?? null;
    if (first === null) {
      return null;
    }
    for (;;) {
      const end = BigInt(first) + this.#ids - 1n;
      const to = String(end > LAST_ID ? LAST_ID : end);
      const counts = this.#tables.map(
        (table) =>
          `(select count(*) from (select 1 from ${table} where id >= $1::bigint and id <= $2::bigint limit ${2 * ROWS + 1}) batch)`,
      );
      const { rows } = await client.query<{ most: string }>(`select greatest(${counts.join(', ')}) as most`, [
        first,
        to,
      ]);
      const most = Number(rows[0]?.most);
      if (most <= 2 * ROWS || this.#ids === 1n) {
        this.#ids *= most < ROWS / 2 ? 8n : 1n;
        return to;
      }
      this.#ids /= 2n;
    }
  }
}

/**
 * Applies what was changed since, and has it listed no longer.
 * @returns how many datapoints that were; undefined if the table was emptied, so that all are to be copied anew
 */
async function applyChanges(client: ClientBase, { source, copy, columns }: Rows): Promise<number | undefined> {
  const list = columns.join(', ');
  const { rows } = await client.query<{ event: string | null; id: string }>(
    `delete from ${changesOf(copy)} returning event_public_id as event, id::text`,
  );
  if (rows.some(({ event }) => event === null)) {
    await client.query(`truncate ${copy}; comment on table ${copy} is null`);
    return undefined;
  }
  const changed = [...new Map(rows.map((row) => [`${row.id} ${row.event}`, row])).values()];
  const those = '(id, event_public_id) in (select * from unnest($1::bigint[], $2::text[]))';
  // First all are deleted: a row may have got another id since.
  for (const statement of [
    `delete from ${copy} where ${those}`,
    `insert into ${copy} (${list}) overriding system value select ${list} from ${source} where ${those}`,
  ]) {
    for (let first = 0; first < changed.length; first += APPLIED) {
      const some = changed.slice(first, first + APPLIED);
      await client.query(statement, [some.map(({ id }) => id), some.map(({ event }) => event)]);
    }
  }
  return changed.length;
}

/** Compares all rows, and lists those of batches that differ as changed: others may have changed them since, or not. */
async function listDifferences(
  pool: Pool,
  { source, copy, columns }: Rows,
  options: Parameters<typeof briefly>[1],
): Promise<void> {
  const batches = new Batches([source, copy]);
  for (let from: string | null = FIRST_ID; from !== null; ) {
    const start: string = from;
    from = await briefly(pool, options, async (client) => {
      const to = await batches.endAfter(client, start);
      if (to === null) {
        return null;
      }
      // On all servers, for the texts.
      await client.query(setLocal(PORTABLE_TEXT).join('; '));
      const hashes: unknown[] = [];
      for (const table of [source, copy]) {
        const { rows } = await client.query(
          `select count(*), sum(hashtextextended(row(${columns.join(', ')})::text, 0)) from ${table} where id > $1::bigint and id <= $2::bigint`,
          [start, to],
        );
        hashes.push(JSON.stringify(rows));
      }
      for (const table of hashes[0] === hashes[1] ? [] : [source, copy]) {
        await client.query(
          `insert into ${changesOf(copy)} select event_public_id, id from ${table} where id > $1::bigint and id <= $2::bigint`,
          [start, to],
        );
      }
      return to;
    });
  }
}

/** @returns whether it did; otherwise, the table was emptied, or Citus has moved a shard, whose changes were not listed */
async function replace(client: ClientBase, followed: Followed, rows: Rows): Promise<boolean> {
  const { conversion, isSharded, lock, check } = followed;
  const copy = COPIES[conversion];
  await lock(client);
  if (isSharded && (await unfollowedShards(client, copy)) > 0) {
    return false;
  }
  await client.query(EXPECT_NO_PREPARED);
  await check(client);
  if ((await commentOf(client, copy)) !== (await definitionOf(client, 'datapoints'))) {
    throw new ConflictError('Other sessions have changed the table "datapoints" meanwhile; nothing was replaced.', {
      hint: 'Run it again: it copies the rows anew.',
    });
  }
  if ((await applyChanges(client, rows)) === undefined) {
    return false;
  }
  for (const statement of await followed.replace(client)) {
    await client.query(statement);
  }
  return true;
}
