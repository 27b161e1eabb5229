import { randomUUID } from 'node:crypto';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { withSnapshot } from '../../src/database/snapshot.ts';
import { InvalidInputError } from '../../src/errors.ts';
import { excelForm } from '../../src/export/encoding/excel.ts';
import { type ExportResult, exportFrom } from '../../src/export/export-experiment.ts';
import { DEFAULT_FORM, type ExportForm } from '../../src/export/export-form.ts';
import { type FreshDatabase, freshDatabase } from '../support/database.ts';
import { aRig, type Rig } from './rig.ts';
import { exported } from './sinks.ts';

let database: FreshDatabase;
beforeAll(async () => {
  database = await freshDatabase();
});
afterAll(() => database[Symbol.asyncDispose]());

const linesOf = async (rig: Rig, form: Partial<ExportForm>) =>
  (await exported(database.pool, rig, { form: { ...DEFAULT_FORM, ...form }, jobs: 3, rowsPerSlice: 500 }))
    .toString()
    .split('\n')
    .slice(0, -1);
const valuesOf = async (rig: Rig, encoding: ExportForm['encoding']) =>
  (await linesOf(rig, { encoding, columns: ['value'] })).slice(1);
const timesOf = async (rig: Rig, time: ExportForm['time'], columns = ['timestamp']) =>
  (await linesOf(rig, { time, columns })).slice(1);

const TIMES = [
  '-infinity',
  '0044-03-15 12:00:00.5+00 BC',
  '1883-11-18 12:00:00+00',
  '1969-12-31 23:59:59.9+00',
  '1970-01-01 00:00:00+00',
  '2026-03-29 00:59:59.999999+00',
  '2026-03-29 01:00:00+00',
  '2026-10-25 00:30:00.000001+00',
  '2026-10-25 01:30:00.25+00',
  '12026-01-01 00:00:00.25+00',
  'infinity',
];

async function aRigAt(times: readonly string[]): Promise<Rig> {
  const timestamp = `(array[${times.map((time) => `'${time}'`).join(',')}])[1 + i]::timestamptz`;
  return await aRig(database.pool, { rows: times.length, timestamp, eventNames: [randomUUID()] });
}

const COPIED = ['-infinity', '0044-03-15 12:00:00.5+00 BC', '12026-01-01 00:00:00.25+00', 'infinity'];
const [BEFORE, FAR_BACK, FAR_AHEAD, AFTER] = COPIED;

test.each<[ExportForm['time'], (string | undefined)[]]>([
  [
    { format: 'iso' },
    [
      ...[BEFORE, FAR_BACK, '1883-11-18T12:00:00+00:00', '1969-12-31T23:59:59.9+00:00', '1970-01-01T00:00:00+00:00'],
      ...['2026-03-29T00:59:59.999999+00:00', '2026-03-29T01:00:00+00:00', '2026-10-25T00:30:00.000001+00:00'],
      ...['2026-10-25T01:30:00.25+00:00', FAR_AHEAD, AFTER],
    ],
  ],
  [
    { format: 'fixed', timezone: 'Europe/Berlin' },
    [
      ...[BEFORE, '0044-03-15 12:53:28.5+00:53:28 BC', '1883-11-18T12:53:28.000000+00:53:28'],
      ...['1970-01-01T00:59:59.900000+01:00', '1970-01-01T01:00:00.000000+01:00'],
      ...['2026-03-29T01:59:59.999999+01:00', '2026-03-29T03:00:00.000000+02:00'],
      ...['2026-10-25T02:30:00.000001+02:00', '2026-10-25T02:30:00.250000+01:00'],
      ...['12026-01-01 01:00:00.25+01', AFTER],
    ],
  ],
  [
    { format: 'server', timezone: '-03:30' },
    [
      ...[BEFORE, '0044-03-15 08:30:00.5-03:30 BC', '1883-11-18T08:30:00-03:30', '1969-12-31T20:29:59.900000-03:30'],
      ...['1969-12-31T20:30:00-03:30', '2026-03-28T21:29:59.999999-03:30', '2026-03-28T21:30:00-03:30'],
      ...['2026-10-24T21:00:00.000001-03:30', '2026-10-24T22:00:00.250000-03:30'],
      ...['12025-12-31 20:30:00.25-03:30', AFTER],
    ],
  ],
  [
    { format: 'sheet', timezone: 'asia/kolkata' },
    [
      ...[BEFORE, '0044-03-15 17:53:28.5+05:53:28 BC', '1883-11-18 17:21:10', '1970-01-01 05:29:59.900'],
      ...['1970-01-01 05:30:00', '2026-03-29 06:29:59.999', '2026-03-29 06:30:00', '2026-10-25 06:00:00'],
      ...['2026-10-25 07:00:00.250', '12026-01-01 05:30:00.25+05:30', AFTER],
    ],
  ],
  [
    { format: 'epoch-ms', timezone: 'Europe/Berlin' },
    [
      ...[BEFORE, '-63517780799500', '-2717668800000', '-100', '0', '1774745999999.999', '1774746000000'],
      ...['1792888200000.001', '1792891800250', '317336745600250', AFTER],
    ],
  ],
])('times are written as %j', async (time, expected) => {
  const rig = await aRigAt(TIMES);
  expect(await timesOf(rig, time)).toEqual(expected);
});

test('times since 1970 and since the start have every digit that there is', async () => {
  const { pool } = database;
  const timestamp = `timestamptz '1969-12-31 00:00+00' + i * interval '41 min 1.000003 s'`;
  const rig = await aRig(pool, { rows: 3000, timestamp, eventNames: [randomUUID()] });
  const exact = async (start: string) =>
    (
      await pool.query<{ text: string }>(
        `select trim_scale(extract(epoch from timestamp) - extract(epoch from ${start}))::text as text
         from datapoints d where experiment_public_id = $1 order by timestamp`,
        [rig.experimentPublicId],
      )
    ).rows.map(({ text }) => text);

  expect(await timesOf(rig, { format: 'epoch' })).toEqual(await exact(`timestamptz 'epoch'`));
  await pool.query(`update experiments set started_on = '1970-02-01 00:00:00.7+00' where public_id = $1`, [
    rig.experimentPublicId,
  ]);
  expect(await timesOf(rig, { format: 'relative' })).toEqual(await exact(`timestamptz '1970-02-01 00:00:00.7+00'`));
  await pool.query('update experiments set started_on = null where public_id = $1', [rig.experimentPublicId]);
  expect(await timesOf(rig, { format: 'relative' })).toEqual(await exact(`timestamptz '1969-12-31 00:00+00'`));
});

test('times are written as days since 1900 in local time, as spreadsheets count them', async () => {
  const { pool } = database;
  const timestamp = `timestamptz '1900-01-01 00:00+00' + i * interval '413 hours 41 min 1.000003 s'`;
  const rig = await aRig(pool, { rows: 3000, timestamp, eventNames: [randomUUID()] });
  const { rows } = await pool.query<{ days: string }>(
    `select trim_scale(round(extract(epoch from (timestamp at time zone 'Europe/Berlin') - timestamp '1899-12-30') / 86400, 12))::text
       as days
     from datapoints where experiment_public_id = $1 order by timestamp`,
    [rig.experimentPublicId],
  );
  const times = await timesOf(rig, { format: 'excel', timezone: 'Europe/Berlin' });
  expect(times.map((time) => (time.includes('.') ? time.replace(/\.?0+$/, '') : time))).toEqual(
    rows.map(({ days }) => days),
  );
  const few = await aRigAt(['1899-12-28 12:00:00+00', '2026-01-01 12:00:00+00', 'infinity']);
  expect(await timesOf(few, { format: 'excel' })).toEqual(['-1.5', '46023.5', 'infinity']);
});

test('from and to mean the same in every time zone of the file', async () => {
  const rig = await aRig(database.pool, { rows: 8, eventNames: [randomUUID()] });
  const form: ExportForm = { ...DEFAULT_FORM, time: { format: 'iso', timezone: '+01:00' }, columns: ['timestamp'] };
  const request = { ...rig, from: '2026-01-01T00:00:02', to: '2026-01-01T01:00:04+01:00' };
  expect((await exported(database.pool, request, { form })).toString()).toBe(
    'timestamp\n2026-01-01T01:00:02.25+01:00\n2026-01-01T01:00:03.25+01:00\n',
  );
});

test('files of one snapshot, too, read times without an offset as UTC', async () => {
  const rig = await aRig(database.pool, { rows: 8, eventNames: [randomUUID()] });
  const form: ExportForm = { ...DEFAULT_FORM, time: { format: 'iso', timezone: '+05:00' }, columns: ['timestamp'] };
  const request = { ...rig, from: '2026-01-01', to: '2026-01-01T00:00:02' };
  const { signal } = new AbortController();
  const texts = await withSnapshot(database.pool, signal, async (snapshot) => {
    const written: string[] = [];
    for (let file = 0; file < 2; file++) {
      const stream = new PassThrough();
      await exportFrom(snapshot, request, stream, { form });
      written.push(await text(stream.end()));
    }
    return written;
  });
  const expected = 'timestamp\n2026-01-01T05:00:00.25+05:00\n2026-01-01T05:00:01.25+05:00\n';
  expect(texts).toEqual([expected, expected]);
});

test.each<ExportForm['shape']>([
  { kind: 'long' },
  { kind: 'wide', onDuplicate: 'last' },
  { kind: 'buckets', seconds: 60, timezone: 'UTC', aggregates: ['mean', 'max'], fill: 'linear' },
  { kind: 'buckets', seconds: 60, timezone: 'UTC', aggregates: ['mean', 'max'], fill: 'linear', wide: true },
])('of %j, some columns in another order are those of the whole', async (shape) => {
  const timestamp = `timestamptz '2026-01-01 00:00+00' + i * interval '17 s' + i / 500 * interval '11 min'`;
  const rig = await aRig(database.pool, { rows: 2000, timestamp, eventNames: [1, 2, 3].map(() => randomUUID()) });
  const encoding: ExportForm['encoding'] = { kind: 'csv' };
  const all = (await linesOf(rig, { shape, encoding })).map((line) => line.split(','));
  const chosen = (all[0] ?? []).toReversed().slice(1);
  const positions = chosen.map((title) => all[0]?.indexOf(title) ?? -1);
  const some = await linesOf(rig, { shape, encoding, columns: chosen });
  expect(some).toEqual(all.map((cells) => positions.map((position) => cells[position]).join(',')));
});

const NUMBERS = `(array['NaN', 'Infinity', '-Infinity', '-0', '0', '1e300', '-4.9e-324', '1.005', '-1.005', '0.5', '1.5', '2.5',
  '-0.4', '9.995', '999999999999999', '999999.9999999999', '1e15', '1.5e-05', '0.00015', '123456789.125', '-99.5'])[1 + i % 21]::float8`;
const DOUBLES = `case when i < 21 then ${NUMBERS} when i % 2 = 0 then (random() - 0.5) * 10 ^ (random() * 40 - 25)::int
  else round((random() * 1e6)::numeric) / 8 end`;

test.each([0, 1, 2, 3, 15])('numbers are rounded to %i decimals as PostgreSQL rounds their text', async (digits) => {
  const { pool } = database;
  const rig = await aRig(pool, { rows: 2000, value: DOUBLES, eventNames: [randomUUID()] });
  const { rows } = await pool.query<{ text: string }>(
    `select case when abs(value) < 1e15 then round(value::text::numeric, $2)::text else value::text end as text
     from datapoints where experiment_public_id = $1 order by timestamp, id`,
    [rig.experimentPublicId, digits],
  );
  const expected = rows.map(({ text }) => text);

  expect(await valuesOf(rig, { kind: 'csv', digits })).toEqual(expected);
  expect(await valuesOf(rig, { kind: 'csv', digits, decimal: ',', delimiter: ';' })).toEqual(
    expected.map((text) => text.replace('.', ',')),
  );
});

const NAMES = ['=1+1', '-flow', 'a;b', 'a,b', 'a "quote"', 'two\nlines', '\tx', 'x\u0001', '温度 🌡', '@SUM(A1)'];

test('ndjson has the columns as keys, numbers as numbers, and what JSON has no number for as strings', async () => {
  const { pool } = database;
  const publicId = `E'a"b\\\\c\\n\\x01é' || i`;
  const rig = await aRig(pool, { rows: 21, value: NUMBERS, publicId, eventNames: NAMES });
  const { rows } = await pool.query(
    `select to_char(d.timestamp, 'YYYY-MM-DD"T"HH24:MI:SS.US') || '+00:00' as timestamp, e.name as event_name, e.public_id as
       event_public_id, to_json(d.value)::text as value, e.unit, d.public_id as datapoint_public_id
     from datapoints d join events e on e.public_id = d.event_public_id
     where experiment_public_id = $1 order by timestamp, d.id`,
    [rig.experimentPublicId],
  );
  const lines = await linesOf(rig, { encoding: { kind: 'ndjson' } });
  expect(lines.map((line) => JSON.parse(line))).toEqual(rows.map((row) => ({ ...row, value: JSON.parse(row.value) })));
  expect(lines.map((line) => /"value":(.*),"unit"/.exec(line)?.[1])).toEqual(rows.map(({ value }) => value));

  const [first = ''] = await linesOf(rig, { encoding: { kind: 'ndjson' }, time: { format: 'epoch' } });
  expect(first).toMatch(/^\{"timestamp":1767225600\.25,"event_name":"=1\+1",/);
  const infinite = await aRigAt(['infinity']);
  expect(await linesOf(infinite, { encoding: { kind: 'ndjson' }, time: { format: 'epoch' } })).toEqual([
    expect.stringMatching(/^\{"timestamp":"infinity",/),
  ]);
});

test.each([
  [';', ['"a;"', 'a,', '"a ""quote"""']],
  ['\t', ['a;', 'a,', '"a ""quote"""']],
] as const)('with the delimiter %j, cells that contain it or quotes are quoted', async (delimiter, expected) => {
  const eventNames = ['a;', 'a,', 'a "quote"'];
  await database.pool.query('delete from events where name = any ($1)', [eventNames]);
  const rig = await aRig(database.pool, { rows: 3, eventNames });
  const lines = await linesOf(rig, {
    encoding: { kind: 'csv', delimiter, header: false },
    columns: ['unit', 'event_name'],
  });
  expect(lines).toEqual(expected.map((name) => `°C${delimiter}${name}`));
});

test('for Excel there is a byte order mark, CRLF, local times, and an apostrophe before what it would run', async () => {
  const rig = await aRig(database.pool, {
    ...{ rows: 4, value: `(i - 1.5) / 3`, publicId: `(array['+a', 'b', E'\\tc', 'd'])[1 + i]` },
    timestamp: `timestamptz '2026-10-25 00:30:00.0125+00' + i * interval '30 min'`,
    eventNames: ['=cmd', 'Bett; links'],
  });
  const changes: Partial<ExportResult> = {};
  const form: ExportForm = {
    shape: { kind: 'long' },
    encoding: { ...excelForm('de'), digits: 2 },
    time: { format: 'sheet', timezone: 'Europe/Berlin' },
    columns: ['timestamp', 'event_name', 'value', 'datapoint_public_id'],
  };
  const bytes = await exported(database.pool, rig, { form }, (result) => Object.assign(changes, result));
  expect(bytes.toString()).toBe(
    [
      '\ufefftimestamp;event_name;value;datapoint_public_id',
      "2026-10-25 02:30:00,012;'=cmd;-0,50;'+a",
      '2026-10-25 02:00:00,012;"Bett; links";-0,17;b',
      "2026-10-25 02:30:00,012;'=cmd;0,17;'\tc",
      '2026-10-25 03:00:00,012;"Bett; links";0,50;d',
      '',
    ].join('\r\n'),
  );
  expect(changes).toMatchObject({ formulas: 4, cutTimes: 4 });
});

test.each<[Partial<ExportForm>, string]>([
  [{ columns: ['timestamp', 'valeu'] }, 'Did you mean "value"? Its columns are timestamp, event_name,'],
  [{ columns: ['value', 'value'] }, 'Name each column'],
  [{ columns: [] }, 'Name at least one'],
  [{ encoding: { kind: 'csv', decimal: ',' } }, 'Use another delimiter'],
  [{ encoding: { kind: 'csv', digits: 16 } }, 'Use 0 to 15'],
  [{ time: { format: 'fixed', timezone: 'Nowhere' } }, 'Use a name such as'],
])('the form %j is refused', async (form, hint) => {
  const rig = await aRig(database.pool, { rows: 1, eventNames: [randomUUID()] });
  const error: unknown = await linesOf(rig, form).catch((error) => error);
  expect(error).toBeInstanceOf(InvalidInputError);
  expect(error).toHaveProperty('hint', expect.stringContaining(hint));
});
