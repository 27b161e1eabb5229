import type { ClientBase, Pool } from 'pg';
import {
  besideHours,
  certainHours,
  FIGURE_NAMES,
  FIGURES,
  HOURS,
  type Hours,
  lockOfHours,
  SUMMABLE,
} from '../database/hours.ts';
import { type Snapshot, withSnapshot } from '../database/snapshot.ts';
import { isoTimestamp } from '../entities/types.ts';
import { selection, sliceSelection } from '../export/query.ts';
import type { EventRow, ExportRequest } from '../export/request.ts';
import { type SeriesEvent, seriesEvent } from './model.ts';

/** What is known of all datapoints of an event, of which there is one at least. */
export interface Figures {
  event: SeriesEvent;
  count: number;
  nan: number;
  infinite: number;
  /** The first and the last time, as `isoTimestamp` returns them. */
  first: string;
  last: string;
  /** Of the finite values; null if there is none. */
  min: number | null;
  max: number | null;
  /** Null also if the values are too large for it. */
  mean: number | null;
  /** Of the sample: null also for one value. */
  stddev: number | null;
  /** Whether each infinity is among the values. */
  negative: boolean;
  positive: boolean;
}

type FiguresRow = Omit<Figures, 'event' | 'infinite'> & EventRow & { finite: number };

/**
 * Reads count, extremes, mean and standard deviation of the selected datapoints of each event, sorted by name: of whole hours from
 * the aggregate of a hypertable, where it is certain to have those of the datapoints.
 */
export async function figuresOf(
  pool: Pool,
  request: ExportRequest,
  signal = new AbortController().signal,
): Promise<Figures[]> {
  if ((await lockOfHours(pool)) === '') {
    return await figuresIn(pool, request);
  }
  const work = async ({ leader, hasHours }: Snapshot) =>
    await figuresIn(leader, request, hasHours ? await certainHours(leader, request) : []);
  return await withSnapshot(pool, signal, work, { wantsHours: true });
}

/** Reads them likewise, in a transaction that sees these hours. */
export async function figuresIn(
  client: ClientBase | Pool,
  request: ExportRequest,
  hours: readonly Hours[] = [],
): Promise<Figures[]> {
  const { rows } = await client.query<FiguresRow>(
    `select public_id, name, unit, min_value, max_value, figures.*
       from (${hours.length === 0 ? ofDatapoints(request) : ofHours(request, hours)}) figures
       join events e on e.public_id = event_public_id
      order by name`,
  );
  return rows.map(({ public_id, name, unit, min_value, max_value, finite, ...row }) => {
    const isSummed = Math.max(Math.abs(row.min ?? 0), Math.abs(row.max ?? 0)) < SUMMABLE;
    const [first, last] = [isoTimestamp(row.first), isoTimestamp(row.last)];
    const figures = { ...row, infinite: row.count - finite - row.nan, first, last };
    const event = seriesEvent({ public_id, name, unit, min_value, max_value });
    return { event, ...figures, ...(!isSummed && { mean: null, stddev: null }) };
  });
}

/** Its rows are joined after it has grouped: to join each datapoint takes the server half as long again. */
function ofDatapoints(request: ExportRequest): string {
  return `
    select event_public_id, count(*)::float8 as count, count(finite)::float8 as finite,
           (count(*) filter (where value = 'NaN'))::float8 as nan,
           min(value) = '-Infinity' as negative, coalesce(max(nullif(value, 'NaN')) = 'Infinity', false) as positive,
           min(finite) as min, max(finite) as max, avg(value) filter (where abs(value) < ${SUMMABLE}) as mean,
           stddev_samp(value) filter (where abs(value) < ${SUMMABLE}) as stddev,
           min(timestamp)::text as first, max(timestamp)::text as last
      from (
        select d.event_public_id, d.timestamp, d.value, case when abs(d.value) < 'Infinity' then d.value end as finite
          from datapoints d where ${selection(request)}
      ) d
     group by event_public_id`;
}

/** The parts have means and sums of squared differences from them, which are combined as Chan, Golub and LeVeque do. */
function ofHours(request: ExportRequest, hours: readonly Hours[]): string {
  const { from: _from, to: _to, ...others } = request;
  const parts = [
    ...hours.map(
      (range) => `select event_public_id, ${FIGURE_NAMES} from ${HOURS} d where ${sliceSelection(others, range)}`,
    ),
    ...besideHours(hours).map(
      (range) =>
        `select event_public_id, ${FIGURES} from datapoints d where ${sliceSelection(request, range)} group by event_public_id`,
    ),
  ];
  return `
    with parts as materialized (${parts.join(' union all ')}), means as (
      select event_public_id, sum(summed * mean) / sum(summed)::float8 as overall
        from parts where summed > 0 group by event_public_id
    )
    select event_public_id, sum(count)::float8 as count, sum(finite)::float8 as finite, sum(nan)::float8 as nan,
           coalesce(min(low) = '-Infinity', false) as negative, coalesce(max(high) = 'Infinity', false) as positive,
           min(min) as min, max(max) as max, min(overall) as mean,
           sqrt((sum(squares) + sum(summed * (mean - overall) ^ 2)) / nullif(sum(summed)::float8 - 1, 0)) as stddev,
           min(first)::text as first, max(last)::text as last
      from parts left join means using (event_public_id)
     group by event_public_id`;
}

/** The figures of an event as a row: as the infinities are values like others there, but NaN is not. */
export type Statistics = {
  event: string;
  count: number;
  min: number | null;
  max: number | null;
  mean: number | null;
  stddev: number | null;
  first: string;
  last: string;
  unit: string;
  event_public_id: string;
};

export function statisticsOf({ event, count, nan, infinite, negative, positive, ...figures }: Figures): Statistics {
  const { min, max, mean, stddev, first, last } = figures;
  const [low, high] = [negative ? -Infinity : Infinity, positive ? Infinity : -Infinity];
  const shown =
    infinite === 0
      ? { min, max, mean, stddev }
      : {
          min: negative ? low : (min ?? low),
          max: positive ? high : (max ?? high),
          mean: negative && positive ? Number.NaN : positive ? high : low,
          stddev: count - nan > 1 ? Number.NaN : null,
        };
  return { event: event.name, count, ...shown, first, last, unit: event.unit, event_public_id: event.publicId };
}
