import type { ClientBase } from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { withSession } from '../../src/database/session.ts';
import { readCurves } from '../../src/series/buckets.ts';
import type { Bucket, SeriesEvent } from '../../src/series/model.ts';
import { aRig, NUMBERS } from '../export/rig.ts';
import { type FreshDatabase, freshDatabase } from '../support/database.ts';

const START = Date.parse('2026-01-01T00:00:00Z') / 1000;

let database: FreshDatabase;
beforeAll(async () => {
  database = await freshDatabase();
});
afterAll(() => database[Symbol.asyncDispose]());

async function inTransaction<T>(work: (client: ClientBase) => Promise<T>): Promise<T> {
  return await withSession(database.pool, {}, async (session) => await session.transaction(work));
}

function eventsOf(publicIds: readonly string[]): SeriesEvent[] {
  return publicIds.map((publicId) => ({ publicId, name: publicId, unit: '', minValue: 0, maxValue: 1 }));
}

interface Reading {
  event: string;
  time: number;
  value: number;
}

/** The same in JavaScript, value by value. */
function bucketsOf(readings: readonly Reading[], event: string, from: number, width: number): Bucket[] {
  const groups = Map.groupBy(
    readings.filter((reading) => reading.event === event),
    ({ time }) => Math.floor((time - from) / width),
  );
  return [...groups.values()].map((group) => {
    const finite = group.map(({ value }) => value).filter(Number.isFinite);
    const nan = group.filter(({ value }) => Number.isNaN(value)).length;
    return {
      first: Math.min(...group.map(({ time }) => time)),
      last: Math.max(...group.map(({ time }) => time)),
      count: finite.length,
      min: finite.length > 0 ? Math.min(...finite) : undefined,
      max: finite.length > 0 ? Math.max(...finite) : undefined,
      mean:
        finite.length > 0
          ? expect.closeTo(finite.reduce((sum, value) => sum + value, 0) / finite.length, 9)
          : undefined,
      nan,
      infinite: group.length - finite.length - nan,
    };
  });
}

test('the buckets are those of a loop over all values, in the order of the events that are wanted', async () => {
  const rig = await aRig(database.pool, {
    rows: 6000,
    timestamp: `timestamptz '2026-01-01 00:00+00' + (i / 3) * interval '1.000003 s' + case when i > 3000 then interval '1 h' else interval '0' end`,
    value: `case when i % 71 = 3 or i between 300 and 420 then 'NaN' when i % 503 = 9 then 'Infinity' when i % 701 = 8 then '-Infinity'
      else 20 + 10 * sin(i) end::float8`,
  });
  const { rows: readings } = await database.pool.query<Reading>(
    `select event_public_id as event, extract(epoch from timestamp)::float8 as time, value from datapoints
      where experiment_public_id = $1 order by timestamp`,
    [rig.experimentPublicId],
  );
  const [first = '', second = '', third = ''] = rig.eventPublicIds;
  const range = { from: START + 60, to: START + 5460, columns: 90 };
  const selection = { experimentPublicId: rig.experimentPublicId };

  const curves = await inTransaction((client) =>
    readCurves(client, { events: eventsOf([third, first, second]), selection, ...range }),
  );

  expect({ ...curves, curves: [] }).toEqual({ from: range.from, to: range.to, width: 60, curves: [] });
  const wanted = readings.filter(({ time }) => time >= range.from && time < range.to);
  expect(curves.curves.map(({ event, buckets }) => [event.publicId, buckets])).toEqual(
    [third, first, second].map((event) => [event, bucketsOf(wanted, event, range.from, 60)]),
  );
});

test('values that no sum can hold have a least and a greatest value, but no mean', async () => {
  const { eventPublicIds } = await aRig(database.pool, {
    ...NUMBERS,
    eventNames: ['numbers'],
    value: `case when i % 2 = 0 then 1 else -1 end * (case when i < 8 then '1.7e308' else '1e250' end)::float8`,
  });
  const { curves } = await inTransaction((client) =>
    readCurves(client, { events: eventsOf(eventPublicIds), selection: {}, from: START, to: START + 16, columns: 2 }),
  );
  expect(curves[0]?.buckets).toMatchObject([
    { count: 8, min: -1.7e308, max: 1.7e308, mean: undefined, nan: 0, infinite: 0 },
    { count: 4, min: -1e250, max: 1e250, mean: 0 },
  ]);
});

test('a transaction keeps its settings, and an event without datapoints has no buckets', async () => {
  await inTransaction(async (client) => {
    const settings = async () =>
      (await client.query(`select current_setting('enable_sort') as sort, current_setting('work_mem')`)).rows;
    const before = await settings();
    const range = { from: START, to: START, columns: 1 };
    expect(await readCurves(client, { events: eventsOf(['no-such']), selection: {}, ...range })).toMatchObject({
      width: 1e-6,
      curves: [{ buckets: [] }],
    });
    expect(await readCurves(client, { events: [], selection: {}, ...range })).toMatchObject({ curves: [] });
    expect(await settings()).toEqual(before);
  });
});
