import { setTimeout as sleep } from 'node:timers/promises';
import type { ClientBase, Pool } from 'pg';
import { briefly, type ConversionOptions, reading } from './conversion.ts';
import { withoutIdentity } from './next-id.ts';
import { LOCKS } from './swap.ts';
import { COPIES, tableFacts } from './table-facts.ts';

/** How many partitions are moved under one lock, and for how long: each takes 2 to 8 ms, and more on a busy server. */
const MOVED = 20;
const MOVING_MILLISECONDS = 60;
/** How long others have in between, to do what they could not. */
const PAUSE_MILLISECONDS = 300;

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
  for (let [left, said] = [length, -1]; ; ) {
    const tenths = Math.floor((10 * (length - left)) / length);
    if (tenths > said) {
      await options.onStep(`putting the new partitions in place (${length - left} of ${length})`);
      said = tenths;
    }
    left = await briefly(pool, options, moveSome);
    if (left === 0) {
      return;
    }
    await sleep(PAUSE_MILLISECONDS, undefined, { signal: options.signal });
  }
}

/** @returns how many are left */
async function moveSome(client: ClientBase): Promise<number> {
  const { before, after } = withoutIdentity(await tableFacts(client, 'datapoints'));
  await client.query(LOCKS);
  const parts = await partsOf(client);
  await client.query([...before, `alter table datapoints detach partition ${COPIES.split}`].join(';\n'));
  const start = performance.now();
  for (let moved = 0; moved < MOVED && performance.now() - start < MOVING_MILLISECONDS; moved += 1) {
    const part = parts.pop();
    if (!part) {
      break;
    }
    const { sql, from, to } = part;
    await client.query(
      `alter table ${COPIES.split} detach partition ${sql}; alter table datapoints attach partition ${sql} ${from} to ${to}`,
    );
  }
  const [first, last] = [parts[0], parts.at(-1)];
  const rest =
    first && last
      ? `alter table datapoints attach partition ${COPIES.split} ${first.from} to ${last.to}`
      : `drop table ${COPIES.split}`;
  await client.query([rest, ...after].join(';\n'));
  return parts.length;
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
