import type { Pool } from 'pg';
import type { Gap } from '../../src/series/model.ts';

/** A datapoint: its event, its time in microseconds since 1970, and its value. */
export interface Reading {
  event: string;
  time: number;
  value: number;
}

/** Inserts readings in this order. */
export async function insertReadings(pool: Pool, readings: readonly Reading[], experiment: string): Promise<void> {
  await pool.query(
    `insert into datapoints (public_id, event_public_id, timestamp, value, experiment_public_id)
     select gen_random_uuid(), event, timestamptz 'epoch' + time * interval '1 microsecond', value, $4
       from unnest($1::varchar[], $2::bigint[], $3::float8[]) as reading (event, time, value)`,
    [
      readings.map(({ event }) => event),
      readings.map(({ time }) => time),
      readings.map(({ value }) => String(value)),
      experiment,
    ],
  );
}

/** What a summary must say of the readings of one event, by plain loops over them. */
export function expectedOf(readings: readonly Reading[], threshold: number, [low, high]: [number, number]) {
  const finite = readings.map(({ value }) => value).filter(Number.isFinite);
  const mean = finite.reduce((sum, value) => sum + value, 0) / finite.length;
  const squares = finite.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const nan = readings.filter(({ value }) => Number.isNaN(value)).length;
  const byTime = Map.groupBy(readings, ({ time }) => time);
  const times = [...byTime.keys()].sort((one, other) => one - other);
  const gaps: Gap[] = [];
  const stretches: Gap[] = [];
  let open: Gap | undefined;
  for (const [at, time] of times.entries()) {
    const before = times[at - 1];
    if (before !== undefined && time - before > threshold * 1e6) {
      gaps.push({ from: before / 1e6, to: time / 1e6 });
      open = undefined;
    }
    const values = (byTime.get(time) ?? []).filter(({ value }) => !Number.isNaN(value));
    if (values.some(({ value }) => value < low || value > high)) {
      if (open) {
        open.to = time / 1e6;
      } else {
        open = { from: time / 1e6, to: time / 1e6 };
        stretches.push(open);
      }
    } else if (values.length > 0) {
      open = undefined;
    }
  }
  const steps = times.slice(1).map((time, at) => (time - (times[at] ?? 0)) / 1e6);
  return {
    count: readings.length,
    nan,
    infinite: readings.length - finite.length - nan,
    first: times[0],
    last: times.at(-1),
    min: Math.min(...finite),
    max: Math.max(...finite),
    mean,
    stddev: Math.sqrt(squares / (finite.length - 1)),
    outOfRange: { count: readings.filter(({ value }) => value < low || value > high).length, stretches },
    interval: steps.toSorted((one, other) => one - other)[Math.ceil(steps.length / 2) - 1] ?? Number.NaN,
    gaps: {
      count: gaps.length,
      longest: Math.max(0, ...gaps.map(({ from, to }) => to - from)),
      list: gaps,
    },
  };
}
