import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { ImportRequest } from '../../src/ingest/import-request.ts';
import { aLaboratory, brief, count, importText, type Laboratory } from './recording.ts';

let laboratory: Laboratory;
beforeAll(async () => {
  laboratory = await aLaboratory(['T', 'P', 'Temp', 'co']);
});
afterAll(() => laboratory[Symbol.asyncDispose]());
beforeEach(() => laboratory.pool.query('truncate datapoints'));

const t = '2026-01-01T00:00';
const UTC = { timezone: 'UTC' };
const ANNOTATED = [
  '#datatype,string,long,dateTime:RFC3339,double,string',
  '#group,false,false,false,false,true',
  '#default,_result,,,,',
  ',result,table,_time,_value,_field',
  `,,0,${t}:00Z,0.5,co`,
];

const FILES: [string, string[], Partial<ImportRequest>, string[]][] = [
  [
    'TOA5',
    ['"TOA5","S1"', '"TIMESTAMP","RECORD","T"', '"TS","RN","C"', '"","","Avg"', '"2026-01-01 00:00:00",1,2.5'],
    UTC,
    ['T 2.5 2026-01-01 00:00:00'],
  ],
  [
    'HOBO',
    ['"Plot Title: x"', '"#","Date Time, GMT+02:00","Temp, °C"', '1,01/31/26 01:00:00 PM,2.5'],
    {},
    ['Temp 2.5 2026-01-31 11:00:00'],
  ],
  ['trailing delimiters', ['Date;Time;T;', '31.01.2026;12:00:00;2,5;'], UTC, ['T 2.5 2026-01-31 12:00:00']],
  ['sep=; and null', ['sep=;', 'Time;T;P', `${t};null;3`], UTC, ['P 3 2026-01-01 00:00:00']],
  ['a Grafana series', ['Series;Time;Value', `T;${t};1`, `T;${t};null`], UTC, ['T 1 2026-01-01 00:00:00']],
  ['WinCC', ['VarName;TimeString;VarValue;Validity', 'T;"31/01/2026 12:00:00";5;1'], UTC, ['T 5 2026-01-31 12:00:00']],
  [
    'Home Assistant',
    ['entity_id,state,last_changed', `T,21.5,${t}`, `T,unavailable,${t}`],
    UTC,
    ['T 21.5 2026-01-01 00:00:00'],
  ],
  ['annotated CSV of Influx', ANNOTATED, {}, ['co 0.5 2026-01-01 00:00:00']],
  ['milliseconds since 1970', ['time,T', '1767225600123,5'], {}, ['T 5 2026-01-01 00:00:00.123']],
  ['days of a spreadsheet', ['time,T', '46023.5,5'], UTC, ['T 5 2026-01-01 12:00:00']],
  ['nanoseconds', ['timestamp,T', `${t}:00.123456789Z,1`], {}, ['T 1 2026-01-01 00:00:00.123457']],
];

test.each(FILES)('%s', async (_name, lines, request, expected) => {
  await importText(laboratory, `${lines.join('\n')}\n`, request);
  expect(await brief(laboratory)).toEqual(expected);
});

test('the units below the header of a TOA5 file are those of its columns, and its record numbers are left out', async () => {
  const [, lines = []] = FILES[0] ?? [];
  const { notes } = await importText(laboratory, lines.join('\n'), UTC);
  expect(notes).toEqual([
    'The 2 lines below the header are read as units.',
    'Columns that are not imported: "RECORD" (record number).',
  ]);
});

test('nanoseconds are said to be rounded, once', async () => {
  const text = `timestamp,T\n${t}:00.123456789Z,1\n${t}:01.123456789Z,1\n`;
  const { rounded, notes } = await importText(laboratory, text);
  expect(rounded).toBe(2);
  expect(notes).toEqual([expect.stringContaining('microsecond')]);
});

describe('the hour that the clocks of Berlin repeat', () => {
  const text = ['timestamp,T', '2026-10-25 02:00:00,2', '2026-10-25 02:30:00,3', '2026-10-25 02:00:00,4'].join('\n');
  const timezone = 'Europe/Berlin';

  test('is refused', async () => {
    await expect(importText(laboratory, text, { timezone })).rejects.toThrow('--ambiguous earlier, later or infer');
    expect(await count(laboratory)).toBe(0);
  });

  test('is read by the order of the rows', async () => {
    await importText(laboratory, text, { timezone, ambiguous: 'infer' });
    expect(await brief(laboratory)).toEqual([
      'T 2 2026-10-25 00:00:00',
      'T 3 2026-10-25 00:30:00',
      'T 4 2026-10-25 01:00:00',
    ]);
  });
});

describe('12,500', () => {
  const text = `timestamp,T\n${t}Z,"12,500"\n`;

  test('may have a separator of thousands or a decimal comma', async () => {
    await expect(importText(laboratory, text)).rejects.toThrow(
      'for a separator of thousands pass --thousands , and for a decimal comma --decimal ,',
    );
  });

  test.each([
    [{ thousands: ',' }, '12500'],
    [{ decimal: ',' as const }, '12.5'],
  ])('is with %o %s', async (request, value) => {
    await importText(laboratory, text, request);
    expect(await brief(laboratory)).toEqual([`T ${value} 2026-01-01 00:00:00`]);
  });
});
