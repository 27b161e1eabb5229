import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ExportRequest } from '../../src/export/request.ts';
import { figuresOf } from '../../src/series/figures.ts';
import { type EventSummary, type SummaryOptions, summarise } from '../../src/series/summary.ts';
import { type FreshDatabase, freshDatabase } from '../support/database.ts';
import { anEvent, anExperiment } from '../support/site.ts';
import { expectedOf, insertReadings, type Reading } from './reference.ts';

const RANGE: [number, number] = [0, 100];
const START = Date.parse('2026-03-28T00:00:00Z') * 1000;

let database: FreshDatabase;
beforeAll(async () => {
  database = await freshDatabase();
});
afterAll(() => database[Symbol.asyncDispose]());

/** Readings that jitter around a period, with gaps, doubled times, NaN, infinities and values out of range. */
function readingsOf(event: string, { rows, period }: { rows: number; period: number }): Reading[] {
  return Array.from({ length: rows }, (_, at): Reading => {
    const gap = Math.floor(at / 700) * period * 40;
    const jitter = (at * 7919) % 1000;
    const place = at % 97 === 5 ? at - 1 : at;
    const time = START + Math.round((place * period + gap) * 1e6) + (place === at ? jitter : ((at - 1) * 7919) % 1000);
    return { event, time, value: valueAt(at) };
  });
}

function valueAt(at: number): number {
  const odd = { 3: Number.NaN, 11: Number.POSITIVE_INFINITY, 12: Number.NEGATIVE_INFINITY }[at % 211];
  return odd ?? (at % 300 > 280 ? 120 + (at % 7) : 50 + 40 * Math.sin(at / 50));
}

async function summaryOf(request: ExportRequest, options: Partial<SummaryOptions> = {}): Promise<EventSummary[]> {
  const { signal } = new AbortController();
  return (await summarise(database.pool, request, { ...options, signal })).events;
}

function checkOne(summary: EventSummary | undefined, readings: readonly Reading[], threshold?: number): void {
  const { interval, gaps, ...found } = summary ?? expect.fail('The event is missing');
  const used = threshold ?? (interval?.seconds ?? 0) * 5;
  const {
    first,
    last,
    mean,
    stddev,
    interval: median,
    gaps: expectedGaps,
    ...expected
  } = expectedOf(readings, used, RANGE);
  expect(found).toMatchObject({
    ...expected,
    mean: expect.closeTo(mean, 9),
    stddev: expect.closeTo(stddev, 9),
  });
  expect([found.first, found.last].map((time) => Date.parse(time ?? ''))).toEqual(
    [first, last].map((time = 0) => Math.floor(time / 1000)),
  );
  expect(gaps).toEqual({ ...expectedGaps, longest: expect.closeTo(expectedGaps.longest, 6), threshold: used });
  expect(Math.abs((interval?.seconds ?? 0) / median - 1)).toBeLessThan(0.01);
  expect([...found.curve].reduce((sum, { count, nan, infinite }) => sum + count + nan + infinite, 0)).toBe(
    readings.length,
  );
}

test('a summary is that of loops over all datapoints, also where they are not stored in the order of time', async () => {
  const { publicId: experimentPublicId } = await anExperiment(database);
  const names = ['Hourly', 'Often', 'Shuffled'];
  const [hourly = '', often = '', shuffled = ''] = await Promise.all(
    names.map(async (name) => (await anEvent(database, { name })).publicId),
  );
  // Seven months with both changes of the clocks.
  const slow = readingsOf(hourly, { rows: 5400, period: 3600 });
  const fast = readingsOf(often, { rows: 3000, period: 0.5 });
  const mixed = readingsOf(shuffled, { rows: 2000, period: 2 });
  const order = mixed.map((_, at) => mixed[(at * 7919) % mixed.length] ?? expect.fail('Out of bounds'));
  await insertReadings(database.pool, [...slow, ...fast, ...order], experimentPublicId);

  for (const rowsPerSlice of [100_000, 500]) {
    const events = await summaryOf({ experimentPublicId }, { rowsPerSlice });

    expect(events.map(({ event }) => event.name)).toEqual(names);
    checkOne(events[0], slow);
    checkOne(events[1], fast);
    checkOne(events[2], mixed);
    expect(events.map(({ interval }) => interval?.sampled)).toEqual([true, true, true]);
  }
});

test('datapoints at the same time have no interval, and those at no finite time are in no gap and no curve', async () => {
  const { publicId: experimentPublicId } = await anExperiment(database);
  const { publicId: once } = await anEvent(database, { name: 'Once' });
  const { publicId: endless } = await anEvent(database, { name: 'Endless' });
  const twice = [1, 2].map((value) => ({ event: once, time: START, value }));
  const some = [0, 1, 2, 3].map((second) => ({ event: endless, time: START + second * 1e6, value: 200 }));
  await insertReadings(database.pool, [...twice, ...some], experimentPublicId);
  await database.pool.query(
    `insert into datapoints (public_id, event_public_id, timestamp, value, experiment_public_id)
     select gen_random_uuid(), $1, time::timestamptz, 1, $2 from unnest(array['-infinity', 'infinity', '4713-01-01 BC']) time`,
    [endless, experimentPublicId],
  );

  const events = await summaryOf({ experimentPublicId }, { columns: 3 });

  expect(events.map((event) => ({ ...event, curve: [...event.curve] }))).toMatchObject([
    {
      ...{ count: 7, first: '-infinity', last: 'infinity', interval: { seconds: 1, sampled: false } },
      gaps: { count: 0, threshold: 5 },
      outOfRange: { count: 4, stretches: [{ from: START / 1e6, to: START / 1e6 + 3 }] },
      curve: [{ count: 1 }, { count: 1 }, { count: 2 }],
    },
    { count: 2, interval: null, gaps: { count: 0, threshold: null }, curve: [{ count: 2 }] },
  ]);
});

test('--gap counts for every event, whatever its interval', async () => {
  const { publicId: experimentPublicId } = await anExperiment(database);
  const { publicId: event } = await anEvent(database);
  const readings = readingsOf(event, { rows: 800, period: 2 });
  await insertReadings(database.pool, readings, experimentPublicId);
  const [summary] = await summaryOf({ experimentPublicId }, { gapSeconds: 1.5 });
  expect(summary?.gaps.count).toBeGreaterThan(700);
  checkOne(summary, readings, 1.5);
});

test('its figures are those that the server calculates, whatever the values and whose datapoints are between', async () => {
  const { publicId: experimentPublicId } = await anExperiment(database);
  const { publicId: other } = await anExperiment(database);
  const series: Record<string, number[]> = {
    Between: [1, 2, 3],
    Equal: [0.1, 0.1, 0.1],
    Huge: [1e200, -1e200, 1],
    Infinite: [Number.POSITIVE_INFINITY, Number.NaN],
    Narrow: [1e9, 1e9 + 1, 1e9 + 2],
    Single: [-5],
    Unknown: [Number.NaN],
  };
  const ids = await Promise.all(Object.keys(series).map(async (name) => (await anEvent(database, { name })).publicId));
  const { publicId: foreign } = await anEvent(database, { name: 'Foreign' });
  const own = Object.values(series).flatMap((values, row) =>
    values.map((value, at) => ({ event: ids[row] ?? '', time: START + (at + 2) * 1e6, value })),
  );
  const at = (event: string, ...seconds: number[]) =>
    seconds.map((second) => ({ event, time: START + second * 1e6, value: 7 }));
  const [between = '', equal = ''] = ids;
  await insertReadings(database.pool, [...own, ...at(equal, 0, 9)], experimentPublicId);
  await insertReadings(database.pool, [...at(between, 1, 8), ...at(foreign, 0, 5, 9)], other);

  const summaries = await summaryOf({ experimentPublicId });

  const figures = await figuresOf(database.pool, { experimentPublicId });
  expect(figures).toHaveLength(ids.length);
  expect(summaries).toMatchObject(
    figures.map(({ event, count, nan, infinite, first, last, min, mean, max, stddev }) => ({
      ...{ event, count, nan, infinite, first, last, min, max },
      mean: mean === null ? null : expect.closeTo(mean, 9),
      stddev: stddev === null ? null : expect.closeTo(stddev, 9),
    })),
  );
  expect(await summaryOf({ experimentPublicId, eventPublicIds: [foreign] })).toMatchObject([
    { count: 0, first: null, last: null, min: null, mean: null, interval: null, gaps: { count: 0 } },
  ]);
});
