import { setTimeout as sleep } from 'node:timers/promises';
import type { ClientBase, Pool } from 'pg';
import { briefly, type ConversionOptions, reading } from './conversion.ts';
import { LOCKS, withoutIdentity } from './swap.ts';
import { COPIES, tableFacts } from './table-facts.ts';

/** How many partitions are moved under one lock: each takes 2 to 8 ms, more if there are many. */
const MOVED = 10;
/** How long others have in between, to do what they could not. */
const PAUSE_MILLISECONDS = 200;

/** SQL for whether the parts of a partition, in one table, have its place, and are to get places of their own. */
export const IS_NESTED = `exists (
  select from pg_inherits where inhparent = 'datapoints'::regclass and inhrelid = to_regclass('${COPIES.split}'))`;

/** Whether it is so. */
export async function isNested(client: ClientBase): Promise<boolean> {
  const { rows } = await client.query<{ nested: boolean }>(`select ${IS_NESTED} as nested`);
  return rows[0]?.nested === true;
}

/** A partition, and its bounds, such as `FOR VALUES FROM ('2026-11-01 00:00:00+00')` and `('2026-12-01 00:00:00+00')`. */
interface Part {
  sql: string;
  from: string;
  to: string;
}

/**
 * Makes the parts of a partition, which have its place in one table, partitions of the datapoints. To move all at once would keep others
 * waiting for seconds: the last ones are moved first, and the table stays the partition for the times before.
 * @throws LockTimeoutError
 */
export async function unnest(pool: Pool, options: ConversionOptions): Promise<void> {
  const { length } = await reading(pool, partsOf);
  for (let left = length, isDone = false; !isDone; ) {
    await options.onStep(
      `putting the new partitions in place, ${length - left + 1} to ${Math.min(length - left + MOVED, length)} of ${length}`,
    );
    isDone = await briefly(pool, options, moveSome);
    left -= MOVED;
    if (!isDone) {
      await sleep(PAUSE_MILLISECONDS, undefined, { signal: options.signal });
    }
  }
}

/** @returns whether none is left */
async function moveSome(client: ClientBase): Promise<boolean> {
  await client.query(LOCKS);
  const parts = await partsOf(client);
  const [moved, left] = [parts.slice(-MOVED), parts.slice(0, -MOVED)];
  const [first, last] = [left[0], left.at(-1)];
  const copy = COPIES.split;
  const statements = [
    `alter table datapoints detach partition ${copy}`,
    ...moved.map(({ sql }) => `alter table ${copy} detach partition ${sql}`),
    first && last
      ? `alter table datapoints attach partition ${copy} ${first.from} to ${last.to}`
      : `drop table ${copy}`,
    ...moved.map(({ sql, from, to }) => `alter table datapoints attach partition ${sql} ${from} to ${to}`),
  ];
  await client.query(withoutIdentity(await tableFacts(client, 'datapoints'), statements).join(';\n'));
  return left.length === 0;
}

/** @returns them in the order of time */
async function partsOf(client: ClientBase): Promise<Part[]> {
  const { rows } = await client.query<Part>(
    `select c.oid::regclass::text as sql, split_part(bound, ' TO ', 1) as "from", split_part(bound, ' TO ', 2) as "to"
       from pg_inherits join pg_class c on c.oid = inhrelid cross join pg_get_expr(relpartbound, c.oid) as bound
      where inhparent = to_regclass($1) order by substring(bound from $2)::timestamptz`,
    [COPIES.split, `TO \\('(.*)'\\)`],
  );
  return rows;
}
