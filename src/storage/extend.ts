import type { ClientBase, Pool } from 'pg';
import { ConflictError } from '../errors.ts';
import { counted } from '../text/counted.ts';
import { briefly, type ConversionOptions, reading } from './conversion.ts';
import { expectFree } from './names.ts';
import { nextStart, type Period, partitionName, startOf } from './periods.ts';
import { BY_TIME, isBounded, type Storage, type StoredLeaf, storageOf } from './storage.ts';
import { newPartitions } from './swap.ts';
import { tableFacts } from './table-facts.ts';

/** How many partitions there are to be after the current period, unless another number is given. */
export const AHEAD = 3;

/** Whether partitions can be added after the last one. */
export function canExtend(storage: Storage): boolean {
  return isBounded(storage) && storage.period !== undefined;
}

/** The partitions to add: from the end of the last one on. */
export interface Coming {
  period: Period;
  start: number;
  count: number;
}

/**
 * Adds the coming partitions by time, also while another process changes the schema: those that do so for long find new partitions.
 * @param ahead how many there are to be after the current period
 * @param period its length, if other than that of the last one
 * @returns the names of those that were added
 * @throws ConflictError if the datapoints are not in such partitions; LockTimeoutError
 */
export async function extend(
  pool: Pool,
  { ahead, period, ...options }: ConversionOptions & { ahead: number; period?: Period | undefined },
): Promise<string[]> {
  const { start, count } = await reading(pool, async (client) =>
    comingPartitions(await storageOf(client), { ahead, period }),
  );
  if (count === 0) {
    return [];
  }
  await options.onStep(`adding partitions after ${new Date(start).toISOString().slice(0, 10)}`);
  return await briefly(pool, options, async (client) => {
    await client.query('lock table datapoints in share update exclusive mode');
    // Another process may have added some; the names are checked now, when none can.
    const coming = await missingPartitions(client, { ahead, period });
    const facts = await tableFacts(client, 'datapoints');
    await client.query(newPartitions(facts, coming.period, coming.start, coming.count).join(';\n'));
    return namesOf(coming);
  });
}

/**
 * Returns which partitions are missing, in a transaction whose time zone is UTC.
 * @throws ConflictError if they cannot be added
 */
export async function missingPartitions(
  client: ClientBase,
  { ahead, period }: { ahead: number; period?: Period | undefined },
): Promise<Coming> {
  const storage = await storageOf(client);
  const coming = comingPartitions(storage, { ahead, period });
  await expectFree(client, namesOf(coming));
  await expectNoneElsewhere(client, storage, coming);
  return coming;
}

/** @throws ConflictError if a partition for all other times has datapoints of the coming ones, for which PostgreSQL refuses those */
async function expectNoneElsewhere(client: ClientBase, { leaves }: Storage, coming: Coming): Promise<void> {
  const other = leaves.find(({ isDefault }) => isDefault)?.leaf;
  if (!other || coming.count === 0) {
    return;
  }
  const { rows } = await client.query<{ found: number }>(
    `select count(*)::float8 as found from ${other.sql} where timestamp >= $1 and timestamp < $2`,
    [new Date(coming.start).toISOString(), new Date(endAfter(coming)).toISOString()],
  );
  const found = rows[0]?.found ?? 0;
  if (found > 0) {
    throw new ConflictError(
      `The default partition ${other.name} has ${counted(found, 'datapoint')} with times of the partitions to be added.`,
      {
        hint: `Move them: in psql, ALTER TABLE datapoints DETACH PARTITION ${other.sql}; run this again, and insert its rows into datapoints.`,
      },
    );
  }
}

/**
 * Returns which partitions a storage lacks.
 * @throws ConflictError
 */
export function comingPartitions(
  storage: Storage,
  { ahead, period, now = Date.now() }: { ahead: number; period?: Period | undefined; now?: number },
): Coming {
  const end = endOf(storage);
  const length = period ?? storage.period ?? 'month';
  if (startOf(length, end) !== end) {
    throw new ConflictError(
      `The last partition ends on ${new Date(end).toISOString()}, in the middle of a ${length}.`,
      {
        hint: `Use --every ${length === 'month' ? 'week' : 'month'}, or add one until the start of a ${length} yourself.`,
      },
    );
  }
  let wanted = startOf(length, now);
  for (let at = 0; at <= ahead; at += 1) {
    wanted = nextStart(length, wanted);
  }
  let count = 0;
  for (let start = end; start < wanted; start = nextStart(length, start)) {
    count += 1;
  }
  return { period: length, start: end, count };
}

/** Returns the end of the last of them. */
function endAfter({ period, start, count }: Coming): number {
  let end = start;
  for (let n = 0; n < count; n += 1) {
    end = nextStart(period, end);
  }
  return end;
}

/** Returns the names of partitions. */
export function namesOf({ period, start, count }: Coming): string[] {
  const names: string[] = [];
  for (let from = start; names.length < count; from = nextStart(period, from)) {
    names.push(partitionName(period, from));
  }
  return names;
}

/** @returns the end of the last partition, in milliseconds since 1970 */
function endOf({ form, key, leaves }: Storage): number {
  const last: StoredLeaf | undefined = leaves.findLast(({ isDefault }) => !isDefault);
  if (form !== 'partitions' || key !== BY_TIME) {
    throw new ConflictError('The datapoints are not in partitions by time, so there are none to add.', {
      hint: '"webmacs db storage status" shows how they are stored; "webmacs db storage partition" makes partitions.',
    });
  }
  if (!last?.to) {
    throw new ConflictError(
      last ? 'The last partition has no end, so none can follow.' : 'There is no partition to continue from.',
      { hint: 'Add the next one yourself: CREATE TABLE ... PARTITION OF datapoints FOR VALUES FROM ... TO ...' },
    );
  }
  return Date.parse(last.to);
}
