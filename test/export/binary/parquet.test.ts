import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { InvalidInputError } from '../../../src/errors.ts';
import { DEFAULT_FORM, type ExportForm } from '../../../src/export/export-form.ts';
import { type FreshDatabase, freshDatabase } from '../../support/database.ts';
import { datapointsOf, parquetFacts, parquetRows, pivoted } from '../read-back.ts';
import { aRig, NUMBERS, type RigOptions } from '../rig.ts';
import { exported } from '../sinks.ts';

let database: FreshDatabase;
beforeAll(async () => {
  database = await freshDatabase();
});
afterAll(() => database[Symbol.asyncDispose]());

const START = `timestamptz '2026-01-01 00:00+00'`;
const FORM: ExportForm = { ...DEFAULT_FORM, encoding: { kind: 'parquet' } };
const RIGS: Record<string, RigOptions> = {
  'microseconds with ties': {
    rows: 3000,
    timestamp: `${START} + floor(random() * 150) * interval '123457 microseconds'`,
  },
  'times far away': {
    rows: 7,
    timestamp: `(array['0044-03-15 12:00:00.5+00 BC', '4713-01-01 00:00+00 BC', '12026-01-01 00:00:00.25+00', '294246-12-31 23:59:59.999999+00',
      '0001-01-01 00:00+00', '9999-12-30 23:59:59.999999+00', '1969-12-31 23:59:59.9+00'])[1 + i]::timestamptz`,
  },
  'all kinds of numbers': NUMBERS,
  'names of all kinds': {
    rows: 100,
    eventNames: ['=1+1', 'a "quote"', 'two\nlines', 'cr\rhere', '温度 🌡', ' blank ', '\\.', 'tab\t', "it's"],
    unit: 'm³/h, "norm"\n',
  },
  'public ids that are no UUIDs': {
    rows: 8,
    publicId: `(array['a,b', E'a\\tb', E'a\\nb', E'a\\\\b', E'\\\\N', '', repeat('ö', 50), E'\\b\\f\\v'])[1 + i]`,
    eventPublicIds: ['e,1', 'e"2', 'e\\3\t\n'],
  },
  'no rows': { rows: 0, eventNames: ['silent'] },
};

describe.each(Object.entries(RIGS))('%s', (name, options) => {
  test('one to four connections write what the database has', async () => {
    const { pool } = database;
    const eventNames = (options.eventNames ?? ['a', 'b', 'c']).map((event) => `${event} of ${name}`);
    const { experimentPublicId } = await aRig(pool, { ...options, eventNames });
    const expected = await datapointsOf(pool, experimentPublicId);

    const [first, ...others] = await Promise.all(
      [1, 2, 3, 4].map((jobs) => exported(pool, { experimentPublicId }, { jobs, rowsPerSlice: 1000, form: FORM })),
    );
    expect(await parquetRows(first ?? Buffer.alloc(0))).toEqual(expected);
    expect(others.every((file) => first?.equals(file))).toBe(true);
  });
});

test('rows are in groups, with the times of each', async () => {
  await using other = await freshDatabase();
  const eventNames = ['a', 'b'];
  const { experimentPublicId, eventPublicIds } = await aRig(other.pool, { rows: 0, eventNames });
  await other.pool.query('alter table datapoints rename to stored');
  await other.pool.query(
    `create view datapoints as select i as id, i::float8 as value, ${START} + i * interval '1 s' as timestamp,
       case i % 2 when 0 then '${eventPublicIds[0]}' else '${eventPublicIds[1]}' end as event_public_id,
       '${experimentPublicId}' as experiment_public_id from generate_series(0, 100000) i`,
  );
  const form: ExportForm = { ...FORM, shape: { kind: 'long', ids: false } };
  const file = await exported(other.pool, { experimentPublicId }, { form });

  const groups = parquetFacts(file).row_groups;
  expect(groups.map(({ num_rows }) => num_rows)).toEqual([100_000n, 1n]);
  const second = (at: number) => new Date(Date.UTC(2026, 0, 1) + at * 1000);
  expect(groups.map(({ columns: [time] }) => time?.meta_data?.statistics)).toMatchObject([
    { min_value: second(0), max_value: second(99_999) },
    { min_value: second(100_000), max_value: second(100_000) },
  ]);
  const rows = await parquetRows(file);
  expect(rows.length).toBe(100_001);
  expect(rows.every(({ value, event_name }, at) => value === at && event_name === eventNames[at % 2])).toBe(true);
  expect(Object.keys(rows[0] ?? {})).toEqual(['timestamp', 'event_name', 'event_public_id', 'value', 'unit']);
});

test('a wide export has doubles, and nulls where there is no datapoint', async () => {
  const { pool } = database;
  const eventNames = ['wide a', 'wide b', 'wide c'];
  const timestamp = `${START} + i / 2 * interval '1.000001 s'`;
  const value = `case i % 7 when 0 then 'NaN'::float8 else i end`;
  const { experimentPublicId } = await aRig(pool, { rows: 1000, timestamp, value, eventNames });
  const expected = pivoted(await datapointsOf(pool, experimentPublicId), eventNames);

  const form: ExportForm = { ...FORM, shape: { kind: 'wide' }, time: { format: 'fixed', timezone: 'Asia/Tokyo' } };
  const files = await Promise.all(
    [1, 3].map((jobs) => exported(pool, { experimentPublicId }, { form, jobs, rowsPerSlice: 100 })),
  );
  expect(await Promise.all(files.map(parquetRows))).toEqual([expected, expected]);
});

test('times are in UTC with microseconds, and facts about the file are key-value pairs', async () => {
  const { pool } = database;
  const { experimentPublicId } = await aRig(pool, { rows: 1, eventNames: ['typed'] });
  const form: ExportForm = { ...FORM, encoding: { kind: 'parquet', metadata: { experiment: 'Lauf 7 °' } } };
  const { schema, key_value_metadata } = parquetFacts(await exported(pool, { experimentPublicId }, { form }));
  expect(schema[1]).toMatchObject({ type: 'INT64', logical_type: { isAdjustedToUTC: true, unit: 'MICROS' } });
  expect(schema[4]).toMatchObject({ name: 'value', type: 'DOUBLE' });
  expect(key_value_metadata).toEqual([{ key: 'experiment', value: 'Lauf 7 °' }]);
});

test.each(['infinity', '-infinity', '294276-12-31 23:59:59+00'])('the time %s is refused', async (time) => {
  const { pool } = database;
  const timestamp = `(array['2026-01-01', '${time}'])[1 + i]::timestamptz`;
  const { experimentPublicId } = await aRig(pool, { rows: 2, timestamp, eventNames: [time] });
  const done = exported(pool, { experimentPublicId }, { form: FORM });
  await expect(done).rejects.toThrow(InvalidInputError);
  await expect(done).rejects.toThrow(`"${time}"`);
});
