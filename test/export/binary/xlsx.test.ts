import { readSheet } from 'read-excel-file/node';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { InvalidInputError } from '../../../src/errors.ts';
import { Xlsx } from '../../../src/export/encoding/xlsx/xlsx.ts';
import { DEFAULT_FORM, type ExportForm } from '../../../src/export/export-form.ts';
import type { Column } from '../../../src/export/form.ts';
import { ReorderBuffer } from '../../../src/export/reorder-buffer.ts';
import { SHEET_ROWS } from '../../../src/export/sheet-limit.ts';
import { type FreshDatabase, freshDatabase } from '../../support/database.ts';
import { datapointsOf, pivoted } from '../read-back.ts';
import { aRig, type RigOptions } from '../rig.ts';
import { exported } from '../sinks.ts';

let database: FreshDatabase;
beforeAll(async () => {
  database = await freshDatabase();
});
afterAll(() => database[Symbol.asyncDispose]());

const FORM: ExportForm = { ...DEFAULT_FORM, encoding: { kind: 'xlsx' } };
const TITLES = ['timestamp', 'event_name', 'event_public_id', 'value', 'unit', 'datapoint_public_id'];
const RIGS: Record<string, RigOptions> = {
  'milliseconds with ties': {
    rows: 3000,
    timestamp: `timestamptz '2026-01-01 00:00+00' + floor(random() * 150) * interval '123 milliseconds'`,
  },
  'all kinds of numbers': {
    rows: 11,
    value: `(array['NaN', 'Infinity', '-Infinity', '1', '1e-5', '1e300', '0.1', '4.9e-324', '-123456.789',
      '0.30000000000000004', '12345678901234567890'])[1 + i]::float8`,
  },
  'names of all kinds': {
    rows: 100,
    eventNames: [
      '=1+1',
      'a "quote" & <tag>',
      'two\nlines',
      'cr\rhere',
      '温度 🌡',
      ' blank ',
      '\\.',
      'tab\t',
      '_x000A_',
      'bell\u0007',
    ],
    unit: 'm³/h, "norm"\n',
  },
  'public ids that are no UUIDs': {
    rows: 8,
    publicId: `(array['a<b', E'a\\tb', E'a\\nb', E'a\\\\b', E'_x000A_', '+1', repeat('ö', 50), E'\\x01\\f\\v'])[1 + i]`,
    eventPublicIds: ['e,1', 'e"2', 'e\\3\t\n'],
  },
  'no rows': { rows: 0, eventNames: ['silent'] },
};

/** A cell as the reader gives it: it knows dates to the millisecond. */
function asRead(value: unknown): unknown {
  if (typeof value === 'bigint') {
    return new Date(Number(value / 1000n));
  }
  return typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;
}

describe.each(Object.entries(RIGS))('%s', (name, options) => {
  test('one to four connections write what the database has', async () => {
    const { pool } = database;
    const eventNames = (options.eventNames ?? ['a', 'b', 'c']).map((event) => `${event} of ${name}`);
    const { experimentPublicId } = await aRig(pool, { ...options, eventNames });
    const expected = (await datapointsOf(pool, experimentPublicId)).map((row) => Object.values(row).map(asRead));

    const [first = Buffer.alloc(0), ...others] = await Promise.all(
      [1, 2, 3, 4].map((jobs) => exported(pool, { experimentPublicId }, { jobs, rowsPerSlice: 1000, form: FORM })),
    );
    expect(await readSheet(first, 'Datapoints', { trim: false })).toEqual([TITLES, ...expected]);
    expect(others.every((file) => first.equals(file))).toBe(true);
  });
});

test('a wide export has empty cells where there is no datapoint, and dates as the clocks of the time zone show', async () => {
  const { pool } = database;
  const eventNames = ['wide a', 'wide b', 'wide c'];
  const timestamp = `timestamptz '2026-10-25 00:00+00' + i / 2 * interval '5 min'`;
  const { experimentPublicId } = await aRig(pool, { rows: 48, timestamp, eventNames });
  const expected = pivoted(await datapointsOf(pool, experimentPublicId), eventNames);

  const time = { format: 'fixed', timezone: 'Europe/Berlin' } as const;
  const file = await exported(pool, { experimentPublicId }, { form: { ...FORM, shape: { kind: 'wide' }, time } });
  const [titles, ...rows] = await readSheet(file, 'Datapoints');
  expect(titles).toEqual(Object.keys(expected[0] ?? {}));
  // The clocks go from 3:00 summer time back to 2:00.
  const local = (utc: bigint) => new Date(Number(utc / 1000n) + (utc < 1_792_890_000_000_000n ? 2 : 1) * 3_600_000);
  expect(rows).toEqual(
    expected.map(({ timestamp, ...values }) => [local(timestamp as bigint), ...Object.values(values)]),
  );
});

test('the second sheet has the events with units and ranges', async () => {
  const { pool } = database;
  const { experimentPublicId, eventPublicIds } = await aRig(pool, { rows: 2, eventNames: ['in sheet', '=2+3'] });
  await pool.query(`update events set min_value = -5.5, max_value = 'infinity' where public_id = $1`, [
    eventPublicIds[1],
  ]);
  await aRig(pool, { rows: 1, eventNames: ['of another experiment'] });
  const file = await exported(pool, { experimentPublicId }, { form: FORM });
  const [titles, ...rows] = await readSheet(file, 'Events');
  expect(titles).toEqual(['event_name', 'event_public_id', 'unit', 'min_value', 'max_value']);
  expect(rows).toEqual([
    ['=2+3', eventPublicIds[1], '°C', -5.5, 'Infinity'],
    ['in sheet', eventPublicIds[0], '°C', 0, 100],
  ]);
});

test('a time that is no date of a sheet is a text', async () => {
  const { pool } = database;
  const { experimentPublicId } = await aRig(pool, {
    rows: 5,
    timestamp: `(array['-infinity', '0044-03-15 12:00:00.5+00 BC', '1900-02-28 00:00+00', '1900-03-01 00:00+00', '9999-12-31 23:59:59.999+00'])[1 + i]::timestamptz`,
    eventNames: ['early'],
  });
  const rows = await readSheet(await exported(pool, { experimentPublicId }, { form: FORM }), 'Datapoints');
  expect(rows.slice(1).map(([time]) => time)).toEqual([
    '-infinity',
    '0044-03-15 12:00:00.5+00 BC',
    '1900-02-28T00:00:00.000000+00:00',
    new Date('1900-03-01T00:00:00Z'),
    new Date('9999-12-31T23:59:59.999Z'),
  ]);
});

test('more rows than a sheet can have are refused before anything is written', async () => {
  await using other = await freshDatabase();
  const { experimentPublicId } = await aRig(other.pool, { rows: 0 });
  await other.pool.query('alter table datapoints rename to stored');
  await other.pool.query(
    `create view datapoints as select i as id, i::text as public_id, 0::float8 as value, now() as timestamp,
       null::text as event_public_id, '${experimentPublicId}' as experiment_public_id from generate_series(1, ${SHEET_ROWS + 1}) i`,
  );
  const written = exported(other.pool, { experimentPublicId }, { form: FORM });
  await expect(written).rejects.toThrow('There are more rows than the 1,048,575 that a sheet of XLSX can have.');
});

test('a sheet ends where it can have no more rows or columns', () => {
  const output = new ReorderBuffer(new AbortController().signal, true).openSlice();
  const xlsx = new Xlsx([], (_bytes, _start, _end, _out, at) => at);
  const column: Column = { title: 'value', kind: 'number' };
  expect(() => xlsx.encoder(Array(16_385).fill(column), output)).toThrow('16384 columns');
  const encoder = xlsx.encoder([column], output);
  for (let row = 0; row < SHEET_ROWS; row++) {
    encoder.begin(0);
    encoder.empty();
    encoder.end(1);
  }
  expect(() => encoder.begin(0)).toThrow(InvalidInputError);
});
