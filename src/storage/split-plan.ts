import type { ClientBase } from 'pg';
import { ConflictError, NotFoundError } from '../errors.ts';
import { expectNothingLost } from './conversion.ts';
import { copyingIn } from './mirror.ts';
import { expectFree } from './names.ts';
import { isNested } from './nested.ts';
import { nextStart, type Period, partitionName, periodOf, startOf } from './periods.ts';
import { BY_TIME, type StoredLeaf, storageOf, storedLeaves } from './storage.ts';
import { firstPartition } from './swap.ts';
import { COPIES } from './table-facts.ts';
import { wideFacts } from './widen-facts.ts';

/** A partition to be made; times in milliseconds since 1970, `from` null for the beginning of time. */
export interface Piece {
  name: string;
  from: number | null;
  to: number;
}

export interface SplitPlan {
  /** The partition to be split; undefined if all are as short as wanted. */
  leaf: StoredLeaf | undefined;
  /** What replaces it, in the order of time. */
  pieces: Piece[];
}

/**
 * Returns what a split would do, or what is left of an interrupted one.
 * @param partition the one to be split; by default the first
 * @throws ConflictError if the datapoints are not in partitions by time, or that one has what would be lost; NotFoundError
 */
export async function splitPlan(
  client: ClientBase,
  { partition, period: wanted }: { partition?: string | undefined; period?: Period | undefined },
): Promise<SplitPlan> {
  const { form, key, leaves, period } = await storageOf(client);
  if (form !== 'partitions' || key !== BY_TIME) {
    throw new ConflictError('The datapoints are not in partitions by time, so there are none to split.', {
      hint: '"webmacs db storage status" shows how they are stored; "webmacs db storage partition" makes partitions.',
    });
  }
  if (await isNested(client)) {
    // To be finished first.
    return { leaf: undefined, pieces: [] };
  }
  const copying = await copyingIn(client);
  const started = copying === 'split';
  if (copying !== undefined && !started) {
    throw new ConflictError('Another conversion was interrupted, and has to be finished or undone first.', {
      hint: 'See how: webmacs db storage status',
    });
  }
  if (!started && (await wideFacts(client)).isStarted) {
    throw new ConflictError('The ids are being widened, which has to be finished or undone first.', {
      hint: 'Finish it: webmacs db storage widen',
    });
  }
  const name = started ? await sourceOf(client) : (partition ?? leaves[0]?.leaf.name);
  const leaf = leaves.find((stored) => stored.leaf.name === name);
  if (leaf && partition !== undefined && partition !== name) {
    throw new ConflictError(`Another partition is being split: ${name}.`, {
      hint: 'Finish that first: webmacs db storage split',
    });
  }
  if (!leaf && started) {
    throw new ConflictError('The partition whose split was interrupted no longer exists.', {
      hint: 'Remove what has been copied: webmacs db storage split --undo',
    });
  }
  if (!leaf && partition !== undefined) {
    throw new NotFoundError(`There is no partition "${name}".`, { hint: 'See: webmacs db storage status' });
  }
  const pieces: Piece[] = started
    ? (await storedLeaves(client, COPIES.split)).map((made) => ({ name: made.leaf.name, ...boundsOf(made) }))
    : leaf
      ? await piecesOf(client, leaf, wanted ?? period ?? 'month')
      : [];
  const begun = started ? pieces.map(({ from, to }) => periodOf(from ?? Number.NaN, to)).find(Boolean) : undefined;
  if (wanted !== undefined && begun !== undefined && begun !== wanted) {
    throw new ConflictError(`A split by ${begun} was interrupted, and has to be finished or undone first.`, {
      hint: 'Finish it: webmacs db storage split. Or undo it: webmacs db storage split --undo',
    });
  }
  if (!leaf || pieces.length <= 1) {
    return { leaf: undefined, pieces: [] };
  }
  await expectNothingLost(client, leaf.leaf.name, 'its parts');
  if (!started) {
    await expectFree(client, [COPIES.split, ...pieces.map((piece) => piece.name)]);
  }
  return { leaf, pieces };
}

async function sourceOf(client: ClientBase): Promise<string | undefined> {
  const { rows } = await client.query<{ name: string }>(
    `select relname as name from pg_trigger join pg_class c on c.oid = tgrelid
      where tgfoid = to_regproc($1) limit 1`,
    [COPIES.split],
  );
  return rows[0]?.name;
}

function boundsOf({ from, to }: StoredLeaf): Pick<Piece, 'from' | 'to'> {
  return { from: from === null ? null : Date.parse(from), to: Date.parse(to ?? '') };
}

/** A piece for each period that has rows, and for the time between them. */
async function piecesOf(client: ClientBase, leaf: StoredLeaf, period: Period): Promise<Piece[]> {
  if (leaf.to === null || leaf.leaf.kind !== 'table' || leaf.leaf.above.length !== 1) {
    throw new ConflictError(`The partition ${leaf.leaf.name} has no end, or is not a table of its own.`);
  }
  const { from, to } = boundsOf(leaf);
  // One look into the index of times for each period that has rows; the first piece has what is before the year 1.
  const { rows } = await client.query<{ start: number }>(
    `with recursive period as (
       select date_trunc($1, min(timestamp)) as start from ${leaf.leaf.sql} where timestamp >= '0001-01-01Z'
       union all
       select (select date_trunc($1, min(timestamp)) from ${leaf.leaf.sql} where timestamp >= start + $2::interval)
         from period where start is not null
     )
     select extract(epoch from start)::float8 * 1000 as start from period where start is not null order by start`,
    [period, `1 ${period}`],
  );
  const starts = new Set(rows.flatMap(({ start }) => [start, nextStart(period, start)]));
  const edges = [from, ...[...starts].filter((start) => start > (from ?? Number.NEGATIVE_INFINITY) && start < to), to];
  return edges.slice(1).flatMap((end, at) => {
    const start = edges[at] ?? null;
    const name = start === null ? firstPartition(period, end ?? to) : partitionName(period, startOf(period, start));
    return [{ name, from: start, to: end ?? to }];
  });
}
