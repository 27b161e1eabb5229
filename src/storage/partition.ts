import type { Pool } from 'pg';
import { runAlone } from '../database/run-alone.ts';
import { identifier } from '../database/sql.ts';
import { ConflictError } from '../errors.ts';
import { counted } from '../text/counted.ts';
import { alone } from './alone.ts';
import { briefly, buildKey, type ConversionOptions, expectNoObstacles, look, reading } from './conversion.ts';
import { namesOf } from './extend.ts';
import { expectFree } from './names.ts';
import { nextStart, type Period, startOf } from './periods.ts';
import { expectNoOther, removeLeftovers } from './plain.ts';
import type { Storage } from './storage.ts';
import { becomePartition, boundCheck, firstPartition, KEYS, partitionIndexes } from './swap.ts';
import { type TableFacts, tableFacts } from './table-facts.ts';

/** The partitions to be made; `ahead` is the number of those after the first. */
interface Wanted {
  period: Period;
  ahead: number;
}

/**
 * Turns the table of datapoints into partitions by time, while it is read and written: the table becomes the first partition,
 * under an exclusive lock of a moment, and no row moves. What an interrupted conversion has done is continued.
 * @returns the storage afterwards
 * @throws ConflictError if the table has what would be lost, or rows that no partition could have; LockTimeoutError
 */
export async function partition(
  pool: Pool,
  { period, ahead, ...options }: ConversionOptions & Wanted,
): Promise<Storage> {
  return await alone(pool, options, async () => {
    const before = await expectPartitionable(pool);
    if (before.form !== 'plain') {
      await removeLeftovers(pool, options);
      return before;
    }
    await expectNoOther(pool, before, 'partition');
    const { facts, upper } = await convertible(pool, { period, ahead });
    for (const key of KEYS) {
      await buildKey(pool, 'datapoints', key, options);
    }
    await boundRows(pool, facts, upper, options);
    await options.onStep('making the table the first partition');
    await briefly(pool, options, async (client) => {
      // Its indexes and constraints may have changed since.
      const now = await tableFacts(client, 'datapoints');
      expectKeysOnly(now);
      await client.query(becomePartition(now, { period, upper, ahead }).join(';\n'));
    });
    await options.onStep('analysing');
    await runAlone(pool, 'analyze datapoints', options);
    return await look(pool);
  });
}

/** @throws ConflictError if the datapoints are neither one table nor partitions */
export async function expectPartitionable(pool: Pool): Promise<Storage> {
  const storage = await look(pool);
  if (storage.form !== 'plain' && storage.form !== 'partitions') {
    throw new ConflictError(`The datapoints are stored in another form (${storage.form}).`, {
      hint: 'Only one table can become partitions. Make it one table first: webmacs db storage plain',
    });
  }
  return storage;
}

/**
 * Returns what a conversion would do.
 * @throws as it would
 */
export async function partitionPlan(pool: Pool, wanted: Wanted): Promise<{ upper: string }> {
  const { upper } = await convertible(pool, wanted);
  return { upper: new Date(upper).toISOString() };
}

/** @throws ConflictError if the table cannot be converted */
async function convertible(pool: Pool, { period, ahead }: Wanted): Promise<{ facts: TableFacts; upper: number }> {
  return await reading(pool, async (client) => {
    const facts = await tableFacts(client, 'datapoints');
    expectKeysOnly(facts);
    const { rows } = await client.query<{ now: number }>(`select extract(epoch from now())::float8 * 1000 as now`);
    // Those of the current period and of the next one: so the bound is never near.
    const upper = nextStart(period, nextStart(period, startOf(period, rows[0]?.now ?? 0)));
    const first = firstPartition(period, upper);
    const indexes = [
      ...partitionIndexes(facts, first).values(),
      ...KEYS.map(({ suffix }) => `${first}_time_${suffix}`),
    ];
    await expectFree(client, [first, ...indexes, ...namesOf({ period, start: upper, count: ahead })]);
    const limit = new Date(upper).toISOString();
    const beyond = await client.query<{ rows: number }>(
      `select count(*)::float8 as rows from datapoints where timestamp >= $1`,
      [limit],
    );
    const count = beyond.rows[0]?.rows ?? 0;
    if (count > 0) {
      throw new ConflictError(
        `"datapoints" has ${counted(count, 'datapoint')} with times after ${limit}, far in the future.`,
        {
          hint: `See them with "webmacs datapoints list --from ${limit}", and delete or correct them first.`,
        },
      );
    }
    return { facts, upper };
  });
}

/** @throws ConflictError if the table has what all partitions cannot have, or those added later would not */
function expectKeysOnly(facts: TableFacts): void {
  const timed = facts.indexes.filter(
    ({ unique, columns }) =>
      unique && columns.includes('timestamp') && !columns.includes('id') && !columns.includes('public_id'),
  );
  expectNoObstacles({
    ...facts,
    obstacles: [...facts.obstacles, ...timed.map(({ name }) => `the unique index ${identifier(name)}`)],
  });
}

/** Proves that all rows belong to the first partition, so that it need not be read under the exclusive lock. */
async function boundRows(
  pool: Pool,
  { constraints }: TableFacts,
  upper: number,
  options: ConversionOptions,
): Promise<void> {
  const { name, definition } = boundCheck(upper);
  const present = constraints.find((constraint) => constraint.name === name);
  // An older bound may be near, or behind.
  const isSame = present?.definition.includes(new Date(upper).toISOString().slice(0, 10)) === true;
  if (present && !isSame) {
    await briefly(pool, options, async (client) => {
      await client.query(`alter table datapoints drop constraint ${identifier(name)}`);
    });
  }
  if (!present || !isSame) {
    await briefly(pool, options, async (client) => {
      await client.query(`alter table datapoints add constraint ${identifier(name)} ${definition} not valid`);
    });
  }
  if (!isSame || !present?.valid) {
    await options.onStep('checking that all times belong to the first partition');
    await runAlone(pool, `alter table datapoints validate constraint ${identifier(name)}`, options);
  }
}
