import { parse } from 'csv-parse/sync';
import type { Pool } from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { InvalidInputError } from '../../src/errors.ts';
import { DEFAULT_FORM, type ExportForm } from '../../src/export/export-form.ts';
import { type FreshDatabase, freshDatabase } from '../support/database.ts';
import { type BucketRow, bucketRows, FIGURES, type Reading, type ReferenceOptions } from './bucket-reference.ts';
import { aRig, type Rig } from './rig.ts';
import { exported } from './sinks.ts';

let database: FreshDatabase;
beforeAll(async () => {
  database = await freshDatabase();
});
afterAll(() => database[Symbol.asyncDispose]());

const HOSTILE = ['=cmd, "a"', 'two\nlines', "it's; [°C]"];
const HOUR = 3600;

/** Two days from a time on: two datapoints an event and time, gaps for all and for one event, NaN and infinities. */
async function aRun(pool: Pool, name: string, start: string, rows = 1800): Promise<Rig & { readings: Reading[] }> {
  const rig = await aRig(pool, {
    rows,
    timestamp: `timestamptz '${start}' + (i / 6) * interval '8 min 41.000007 s' + case when i % 1000 > 700 then interval '5 h' else interval '0' end`,
    value: `case when i % 71 = 3 or i between 100 and 140 then 'NaN' when i % 503 = 9 then 'Infinity' when i % 701 = 8 then '-Infinity'
      else 20 + 10 * sin(i) end::float8`,
    eventNames: HOSTILE.map((event) => `${event} ${name}`),
    unit: 'm³/h, "norm"',
  });
  await pool.query(
    `delete from datapoints where event_public_id = $1 and timestamp between timestamptz '${start}' + interval '13 h' and timestamptz '${start}' + interval '17 h'`,
    [rig.eventPublicIds[1]],
  );
  const { rows: readings } = await pool.query<Reading>(
    `select e.name as event, extract(epoch from d.timestamp)::float8 as time, d.value
     from datapoints d join events e on e.public_id = d.event_public_id
     where experiment_public_id = $1 order by d.timestamp, d.id`,
    [rig.experimentPublicId],
  );
  return { ...rig, readings };
}

function formOf({ zone, width, ...more }: ReferenceOptions & { wide?: boolean }): ExportForm {
  return { ...DEFAULT_FORM, shape: { kind: 'buckets', seconds: width, timezone: zone, aggregates: FIGURES, ...more } };
}

function expectRows(csv: Buffer, expected: readonly BucketRow[]): void {
  const [head, ...rows] = parse(csv) as string[][];
  expect(head).toEqual(['timestamp', 'event_name', 'event_public_id', 'unit', ...FIGURES]);
  expect(rows.map(([time, event, , unit]) => [time, event, unit])).toEqual(
    expected.map(({ start, event }) => [timeText(start), event, 'm³/h, "norm"']),
  );
  expect(rows.flatMap((row, at) => differences(row.slice(4), expected[at]))).toEqual([]);
}

/** Returns the figures that differ from those expected by more than rounding. */
function differences(cells: readonly string[], row: BucketRow | undefined): string[] {
  return FIGURES.flatMap((name, at) => {
    const [cell = '', figure] = [cells[at], row?.figures[name]];
    const isEqual =
      figure === undefined
        ? cell === ''
        : cell !== '' && (Object.is(Number(cell), figure) || Math.abs(Number(cell) - figure) < 1e-9);
    return isEqual ? [] : [`${name} of ${row?.event} at ${timeText(row?.start ?? 0)}: ${cell}, not ${figure}`];
  });
}

function timeText(start: number): string {
  return new Date(start * 1000).toISOString().replace('.000Z', '.000000+00:00');
}

describe.each([
  ['Europe/Berlin', '2026-03-28T09:00Z', '2026-10-24T09:00Z'],
  ['America/St_Johns', '2026-03-07T12:00Z', '2026-10-31T12:00Z'],
  ['America/Havana', '2026-03-07T12:00Z', '2026-10-31T12:00Z'],
  ['Australia/Lord_Howe', '2026-10-03T00:00Z', '2026-04-03T23:00Z'],
  ['Asia/Kathmandu', '1985-12-31T00:00Z', '2026-10-24T09:00Z'],
])('in %s', (zone, ...starts) => {
  test.each(starts)('buckets from %s on are those of a plain loop, by any number of connections', async (start) => {
    const { pool } = database;
    const { experimentPublicId, readings } = await aRun(pool, `${zone} ${start}`, start);
    for (const [at, width] of [600, HOUR, 6 * HOUR, 24 * HOUR].entries()) {
      const options = { jobs: 1 + at, rowsPerSlice: 150, form: formOf({ zone, width }) };
      const csv = await exported(pool, { experimentPublicId }, options);
      expectRows(csv, bucketRows(readings, { zone, width }));
    }
  });
});

describe('of a run', () => {
  const zone = 'Europe/Berlin';
  let run: Awaited<ReturnType<typeof aRun>>;
  beforeAll(async () => {
    run = await aRun(database.pool, 'run', '2026-10-24T09:00Z');
  });
  const csvOf = async (form: ExportForm, more = {}) =>
    await exported(database.pool, { experimentPublicId: run.experimentPublicId, ...more }, { form, rowsPerSlice: 150 });

  test.each(['none', 'null', 'previous', 'linear'] as const)(
    'gaps and buckets with few values are filled: %s',
    async (fill) => {
      for (const [width, minCount] of [
        [600, 1],
        [600, 2],
        [HOUR, 12],
      ] as const) {
        const options = { zone, width, minCount, fill };
        expectRows(await csvOf(formOf(options)), bucketRows(run.readings, options));
      }
    },
  );

  test.each(['none', 'null', 'previous', 'linear'] as const)(
    'wide, there is a row for each bucket: %s',
    async (fill) => {
      const options = { zone, width: 600, fill };
      const expected = bucketRows(run.readings, options);
      const [head = [], ...rows] = parse(await csvOf(formOf({ ...options, wide: true }))) as string[][];
      const events = [...new Set(expected.map(({ event }) => event))].sort();
      expect(head).toEqual(['timestamp', ...events.flatMap((event) => FIGURES.map((name) => titleOf(event, name)))]);
      const starts = new Set(expected.map(({ start }) => start));
      expect(rows.map(([time]) => time)).toEqual([...starts].map(timeText));
      const byPlace = new Map(expected.map((row) => [`${row.start} ${row.event}`, row]));
      const found = [...starts].flatMap((start, at) =>
        events.flatMap((event, place) => {
          const cells = rows[at]?.slice(1 + place * FIGURES.length, 1 + (place + 1) * FIGURES.length) ?? [];
          return differences(cells, byPlace.get(`${start} ${event}`) ?? { start, event, figures: {} });
        }),
      );
      expect(found).toEqual([]);
    },
  );

  test('part of a run has the same buckets, of the datapoints in the part', async () => {
    const [from, to] = ['2026-10-24T22:30:00Z', '2026-10-25T21:10:00Z'];
    const [first, end] = [Date.parse(from) / 1000, Date.parse(to) / 1000];
    const part = run.readings.filter(({ time }) => first <= time && time < end);
    const options = { zone, width: 24 * HOUR };
    expectRows(await csvOf(formOf(options), { from, to }), bucketRows(part, options));
  });
});

function titleOf(event: string, figure: string): string {
  return figure === 'count' ? `${event} count` : `${event} ${figure} [m³/h, "norm"]`;
}

test('datapoints at infinity are refused with what leaves them out', async () => {
  const { pool } = database;
  const timestamp = `(array['infinity', '2026-01-01', '-infinity'])[1 + i]::timestamptz`;
  const { experimentPublicId } = await aRig(pool, { rows: 3, timestamp, eventNames: ['endless'] });
  const form = formOf({ zone: 'UTC', width: 60 });
  const refusal = await exported(pool, { experimentPublicId }, { form }).catch((error) => error);
  expect(refusal).toBeInstanceOf(InvalidInputError);
  expect(refusal.message).toContain('2 datapoints');

  const [, from, to] = /--from (\S+) --to (\S+)\./.exec(refusal.hint) ?? [];
  const finite = { experimentPublicId, from: from ?? '', to: to ?? '' };
  expect((await exported(pool, finite, { form })).toString()).toMatch(/\n2026-01-01T00:00:00.000000\+00:00,endless,/);
});

test('values may be so large that their squares are not numbers', async () => {
  const { pool } = database;
  const { experimentPublicId } = await aRig(pool, { rows: 2, value: '1e200 * (1 + i)', eventNames: ['huge'] });
  const shape = { ...formOf({ zone: 'UTC', width: 60 }).shape, aggregates: ['mean', 'median', 'last'] as const };
  const csv = await exported(pool, { experimentPublicId }, { form: { ...DEFAULT_FORM, shape } });
  expect(csv.toString()).toMatch(/,1\.5e\+200,1\.5e\+200,2e\+200\n$/);
});

test('a first bucket may start before the year 1', async () => {
  const { pool } = database;
  const timestamp = `timestamptz '0001-01-01 00:00+00'`;
  const { experimentPublicId } = await aRig(pool, { rows: 3, timestamp, eventNames: ['unset'] });
  const csv = await exported(pool, { experimentPublicId }, { form: formOf({ zone: '+02:00', width: 24 * HOUR }) });
  expect(csv.toString()).toContain('\n0001-12-31 22:00:00+00 BC,unset,');
});

test('a gap of more rows than are held in memory is filled', async () => {
  const { pool } = database;
  const timestamp = `timestamptz '2020-01-01 00:00+00' + i * interval '1 day'`;
  const { experimentPublicId } = await aRig(pool, { rows: 2, timestamp, eventNames: ['sparse'] });
  const form = formOf({ zone: 'UTC', width: 1, fill: 'null' });
  const csv = await exported(pool, { experimentPublicId }, { form });
  expect(csv.toString('latin1').split('\n')).toHaveLength(86_400 + 3);
});

test.each([
  ['no length', { seconds: 0 }],
  ['part of a second', { seconds: 0.5 }],
  ['an unknown aggregate', { aggregates: ['mode' as 'mean'] }],
  ['an unknown time zone', { timezone: 'Mars/Olympus' }],
])('%s is refused', async (_what, part) => {
  const { pool } = database;
  const { experimentPublicId } = await aRig(pool, { rows: 1, eventNames: [`for ${_what}`] });
  const form: ExportForm = { ...DEFAULT_FORM, shape: { kind: 'buckets', seconds: 60, timezone: 'UTC', ...part } };
  await expect(exported(pool, { experimentPublicId }, { form })).rejects.toThrow(InvalidInputError);
});
