import { randomUUID } from 'node:crypto';
import { PassThrough } from 'node:stream';
import type { Pool } from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ConflictError } from '../../src/errors.ts';
import { type ExportRequest, exportExperiment } from '../../src/export/export-experiment.ts';
import { DEFAULT_FORM, type ExportForm } from '../../src/export/export-form.ts';
import { type FreshDatabase, freshDatabase } from '../support/database.ts';
import { anEvent, columns } from '../support/site.ts';
import { aRig, type RigOptions } from './rig.ts';
import { exported } from './sinks.ts';

let database: FreshDatabase;
beforeAll(async () => {
  database = await freshDatabase();
});
afterAll(() => database[Symbol.asyncDispose]());

type Wide = Extract<ExportForm['shape'], { kind: 'wide' }>;
type OnDuplicate = NonNullable<Wide['onDuplicate']>;
const wide = (shape: Omit<Wide, 'kind'> = {}): ExportForm => ({ ...DEFAULT_FORM, shape: { kind: 'wide', ...shape } });

const START = `timestamptz '2026-01-01 00:00+00'`;
const HOSTILE = ['comma, inside', 'a "quote"', 'two\nlines', 'a=b', '=1+1', '温度 🌡', 'back\\slash'];
const RANDOM: RigOptions = {
  rows: 3000,
  timestamp: `${START} + floor(random() * 900) * interval '123457 microseconds'`,
  value: `case when i % 10 < 7 then random() * 10 ^ (i % 40 - 20) else (array['NaN', 'Infinity', '-Infinity', '-0', '1', '1e15', '4.9e-324', '1e-5'])[1 + i % 8]::float8 end`,
};
const RIGS: Record<string, RigOptions> = {
  'gaps, duplicates and all kinds of numbers': RANDOM,
  'names that need quoting': { ...RANDOM, eventNames: HOSTILE, unit: 'm³/h, "norm"' },
  'no units': { ...RANDOM, rows: 100, unit: '' },
  'times outside of the calendar': {
    rows: 20,
    timestamp: `(array['infinity', '-infinity', '0044-03-15 12:00:00.5+00 BC', '12026-01-01 00:00:00.25+00', '294276-12-31',
      '0001-01-01 00:00+00', '9999-12-30 23:59:59.999999+00', '1969-12-31 23:59:59.9+00', '2026-01-01'])[1 + i / 3]::timestamptz`,
  },
  'public ids that are no UUIDs': { ...RANDOM, eventPublicIds: ['e,1', 'e"2', 'e\\3\t\n'] },
  'every row at the same time': { rows: 2000, timestamp: START },
};

describe.each(Object.entries(RIGS))('%s', (name, options) => {
  test('one to four connections write what loops over the rows do', async () => {
    const eventNames = (options.eventNames ?? ['c', 'a', 'b']).map((event) => `${event} of ${name}`);
    const { experimentPublicId } = await aRig(database.pool, { ...options, eventNames });
    for (const [at, onDuplicate] of (['first', 'last', 'mean', 'mean'] as const).entries()) {
      const options = { form: wide({ onDuplicate }), jobs: at + 1, rowsPerSlice: 500 };
      const bytes = await exported(database.pool, { experimentPublicId }, options);
      const expected = await referenceCsv(database.pool, { experimentPublicId }, onDuplicate);
      expect(bytes.toString(), `${onDuplicate}, ${at + 1} jobs`).toBe(expected);
    }
  });
});

test('only the events asked for have a column, in that order, with or without data', async () => {
  const names = ['c', 'a', 'b'].map((name) => `${name} ${randomUUID()}`);
  const { experimentPublicId, eventPublicIds } = await aRig(database.pool, { ...RANDOM, rows: 99, eventNames: names });
  const { eventPublicIds: others } = await aRig(database.pool, { rows: 0, eventNames: [randomUUID()] });
  const [first = '', second = '', third = ''] = eventPublicIds;
  const request = { experimentPublicId, eventPublicIds: [third, ...others, first, third] };

  const bytes = await exported(database.pool, request, { form: wide({ onDuplicate: 'last' }) });

  const expected = await referenceCsv(database.pool, { ...request, eventPublicIds: [third, ...others, first] }, 'last');
  expect(bytes.toString()).toBe(expected);
  const all = await exported(
    database.pool,
    { experimentPublicId },
    { form: wide({ onDuplicate: 'last', headerStyle: 'id' }) },
  );
  expect(all.toString().split('\n')[0]).toBe(['timestamp', second, third, first].join(','));
});

test('only the events that have data in the time range have a column, wherever that is among data of others', async () => {
  const { pool } = database;
  const [mine, other] = [randomUUID(), randomUUID()];
  const { experimentPublicId, eventPublicIds } = await aRig(pool, { rows: 50, eventNames: [mine, other] });
  const { experimentPublicId: second } = await aRig(pool, { rows: 0, eventNames: [randomUUID()] });
  const header = async (request: ExportRequest) =>
    (await exported(pool, request, { form: wide() })).toString().split('\n')[0];

  await pool.query(
    `update datapoints set experiment_public_id = $2
      where event_public_id = $1 and timestamp not between '2026-01-01 00:00:20Z' and '2026-01-01 00:00:30Z'`,
    [eventPublicIds[1], second],
  );

  const both = [mine, other].sort().map((name) => `${name} [°C]`);
  expect(await header({ experimentPublicId: second })).toBe(`timestamp,${other} [°C]`);
  expect(await header({ experimentPublicId })).toBe(['timestamp', ...both].join(','));
  expect(await header({ experimentPublicId, to: '2026-01-01T00:00:10Z' })).toBe(`timestamp,${mine} [°C]`);
});

test('several datapoints of an event and time are refused unless it is said what becomes of them', async () => {
  const { pool } = database;
  const name = `twice, ${randomUUID()}`;
  const timestamp = `${START} + (i / 2) * interval '1.5 s'`;
  const { experimentPublicId } = await aRig(pool, { rows: 2001, timestamp, eventNames: [name] });
  const failed = exported(pool, { experimentPublicId, from: '2026-01-01T00:00:01Z' }, { form: wide(), jobs: 1 });
  await expect(failed).rejects.toMatchObject({
    constructor: ConflictError,
    message: `The event "${name}" has several datapoints at 2026-01-01T00:00:01.500000+00:00, for which a wide export has one cell.`,
  });
  expect((await pool.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
  await expect(exported(pool, { experimentPublicId }, { form: wide() })).rejects.toThrow(ConflictError);
});

test('the result counts rows, the datapoints in them, and those that share a cell', async () => {
  const { pool } = database;
  const timestamp = `${START} + (i / 5) * interval '1 s'`;
  const { experimentPublicId } = await aRig(pool, { rows: 5000, timestamp, eventNames: [randomUUID(), randomUUID()] });
  for (const onDuplicate of ['first', 'last', 'mean'] as const) {
    const sink = new PassThrough().resume();
    const result = await exportExperiment(pool, { experimentPublicId }, sink, {
      form: wide({ onDuplicate }),
      rowsPerSlice: 1000,
    });
    expect(result).toMatchObject({ rows: 1000, datapoints: 5000, duplicates: 3000 });
  }
});

test('a row of thousands of columns may be longer than what is written at a time', async () => {
  await using other = await freshDatabase();
  const { experimentPublicId } = await aRig(other.pool, { rows: 1, eventNames: ['event 00000'], timestamp: START });
  await other.pool.query(
    `insert into events (public_id, name, unit, min_value, max_value, ${columns.eventType}, user_public_id)
     select 'id ' || i, 'event ' || lpad(i::text, 5, '0'), unit, 0, 1, ${columns.eventType}, user_public_id
       from events, generate_series(1, 9999) as i`,
  );
  await other.pool.query(
    `insert into datapoints (public_id, value, timestamp, event_public_id, experiment_public_id)
     select gen_random_uuid(), i + 1e15 + 1 / 3.0, ${START} + n * interval '1 s', 'id ' || i, $1
       from generate_series(1, 9999) as i, generate_series(1, 2) as n`,
    [experimentPublicId],
  );

  const lines = (await exported(other.pool, { experimentPublicId }, { form: wide() })).toString().split('\n');

  expect(lines.map((line) => line.split(',').length)).toEqual([10_001, 10_001, 10_001, 10_001, 1]);
  expect(lines[0]?.slice(0, 80)).toMatch(/^timestamp,event 00000 \[°C\],event 00001 \[°C\],/);
  expect(lines[1]?.slice(0, 10_080)).toMatch(/^2026-01-01T00:00:00\.000000\+00:00,[0-9.]+,{9999}$/);
  expect(lines[3]?.slice(0, 80)).toMatch(/^2026-01-01T00:00:02\.000000\+00:00,,1\.0{13,15}\d+e\+15,/);
});

test('a title that could be taken for another event is the public id instead', async () => {
  await using other = await freshDatabase();
  const site = { pool: other.pool };
  const { experimentPublicId, eventPublicIds } = await aRig(other.pool, {
    rows: 6,
    eventNames: ['Bed', 'Timestamp', 'FLOW', 'flow ', 'Wall'],
    unit: '',
  });
  const bed = await anEvent(site, { name: 'Bed [°C]', unit: '-' });
  const { publicId: second } = await anEvent(site, { name: 'Wall [K]', unit: 'x' });
  await other.pool.query(`update events set unit = '°C' where name = 'Bed'`);
  await other.pool.query(`update events set unit = 'K' where name = 'Wall'`);

  const header = async (request: object) =>
    (await exported(other.pool, { experimentPublicId, ...request }, { form: wide() })).toString().split('\n')[0];

  const [first, time, upper, lower, wall] = eventPublicIds;
  expect(await header({})).toBe(['timestamp', first, upper, time, wall, lower].join(','));
  expect(await header({ eventPublicIds: [bed.publicId, second] })).toBe(`timestamp,${bed.publicId},Wall [K] [x]`);
});

/** Returns the expected export by loops over the rows; PostgreSQL only prints numbers and times. */
async function referenceCsv(pool: Pool, request: ExportRequest, onDuplicate: OnDuplicate): Promise<string> {
  const { experimentPublicId, eventPublicIds } = request;
  const { rows } = await pool.query<{ time: string; event: string; value: string }>(
    `select case when timestamp between '0001-01-01' and '9999-12-31'
              then to_char(timestamp at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US') || '+00:00'
              else (timestamp::text) end as time,
            event_public_id as event, value::text as value
     from datapoints where experiment_public_id = $1 and ($2::varchar[] is null or event_public_id = any ($2))
     order by timestamp, id`,
    [experimentPublicId, eventPublicIds],
  );
  const { rows: events } = await pool.query<{ public_id: string; name: string; unit: string }>('select * from events');
  const chosen = eventPublicIds
    ? eventPublicIds.map((publicId) => events.find((event) => event.public_id === publicId))
    : events.filter((event) => rows.some((row) => row.event === event.public_id)).sort(byName);
  const titles = chosen.map((event) => (event?.unit ? `${event.name} [${event.unit}]` : (event?.name ?? '')));

  const instants = new Map<string, Map<string, string[]>>();
  for (const { time, event, value } of rows) {
    const cells = instants.get(time) ?? new Map<string, string[]>();
    instants.set(time, cells.set(event, [...(cells.get(event) ?? []), value]));
  }
  const printed = await printedBy(
    pool,
    [...instants.values()].flatMap((cells) => [...cells.values()].map(mean)),
  );
  const lines = [...instants].map(([time, cells]) => {
    const values = chosen.map((event) => {
      const all = cells.get(event?.public_id ?? '') ?? [];
      const several = all.length > 1 && onDuplicate === 'mean' ? printed.get(mean(all)) : undefined;
      return several ?? all.at(onDuplicate === 'last' ? -1 : 0) ?? '';
    });
    return [time, ...values].join(',');
  });
  return `${[['timestamp', ...titles].map(quoted).join(','), ...lines].join('\n')}\n`;
}

/** Returns how JavaScript prints the mean. */
function mean(values: string[]): string {
  const number = values.map(Number).reduce((sum, value) => sum + value) / values.length;
  return Object.is(number, -0) ? '-0' : String(number);
}

/** Returns how PostgreSQL prints numbers. */
async function printedBy(pool: Pool, numbers: string[]): Promise<Map<string, string>> {
  const { rows } = await pool.query<{ text: string }>(
    'select number::text as text from unnest($1::float8[]) as number',
    [numbers],
  );
  return new Map(rows.map(({ text }, at) => [numbers[at] ?? '', text]));
}

function byName(a: { name: string }, b: { name: string }): number {
  return Buffer.compare(Buffer.from(a.name), Buffer.from(b.name));
}

function quoted(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
