import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { aLaboratory, brief, count, importText, type Laboratory } from './recording.ts';

let laboratory: Laboratory;
beforeAll(async () => {
  laboratory = await aLaboratory();
});
afterAll(() => laboratory[Symbol.asyncDispose]());
beforeEach(() => laboratory.pool.query('truncate datapoints'));

const at = (second: number) => `2026-01-13T10:00:${String(second).padStart(2, '0')}Z`;

test('rows between two stray quotes are not hidden in a field', async () => {
  const remarks = ['ok', '"door open', 'x', '"', ''];
  const lines = remarks.map((remark, second) => `${at(second)},${second},${remark}`);
  const refused = importText(laboratory, ['timestamp,temperature,Note', ...lines].join('\n'));
  await expect(refused).rejects.toThrow('lines 3, 5: unterminated quoted field');
  expect(await count(laboratory)).toBe(0);
});

test('a remark of several lines is one field', async () => {
  const text = `timestamp,temperature,Note\n${at(0)},1,"door open,\nthen closed"\n${at(1)},2,\n`;
  expect(await importText(laboratory, text)).toMatchObject({ rows: 2, bad: 0 });
});

test.each([
  ['the name of the event', `event_name,timestamp,value\n"two\nlines",${at(0)},1\ntemperature,${at(1)},2\n`],
  ['a remark', `Note,timestamp,value,event\r\n"a\r\n\r\nb",${at(0)},1,two\r\nok,${at(1)},2,temperature\r\n`],
])('line ends in the first column are part of it: %s', async (_what, text) => {
  const names = { map: ['two=two\nlines'] };
  expect(await importText(laboratory, text, names)).toMatchObject({ rows: 2, bad: 0 });
  expect(await brief(laboratory)).toEqual(['two\nlines 1 2026-01-13 10:00:00', 'temperature 2 2026-01-13 10:00:01']);
});

test.each([
  ['in the first column', [`"a,${at(0)},1`, `b",${at(1)},2`]],
  ['on a line with another one behind', [`"a,${at(0)},1`, `b,${at(1)},2`, `"c,${at(2)},3`, `d,${at(3)},"4"`]],
])('a stray quote %s hides no row', async (_where, lines) => {
  const refused = importText(laboratory, ['Note,timestamp,temperature', `ok,${at(9)},1`, ...lines].join('\n'));
  await expect(refused).rejects.toThrow(/lines? 3.*: unterminated quoted field/);
  expect(await count(laboratory)).toBe(0);
});

test('a unit that is not the one of the event is said', async () => {
  const events = laboratory.events.map(({ publicId, name }) => ({ publicId, name, unit: 'K' }));
  const wide = await importText(laboratory, `timestamp,temperature (°C)\n${at(0)},20\n`, { events });
  expect(wide.notes).toEqual(['Units that are not those of the events: "°C" for "temperature" in "K".']);
  const row = (unit: string, second: number) => `${at(second)},temperature,1,${unit}`;
  const long = await importText(laboratory, ['timestamp,event,value,unit', row('K', 1), row('mK', 2)].join('\n'), {
    events,
  });
  expect(long.notes).toEqual(['Units that are not those of the events: "mK" for "temperature" in "K".']);
});

test('the time zone in the header precedes one that is set for all files, and an option precedes both', async () => {
  const text = '"Time, GMT-05:00",temperature\n2026-01-13 10:00:00,1\n';
  const read = async (zones: { timezone?: string; defaultTimezone?: string }) => {
    await laboratory.pool.query('truncate datapoints');
    await importText(laboratory, text, zones);
    return await brief(laboratory);
  };
  expect(await read({ defaultTimezone: '+01:00' })).toEqual(['temperature 1 2026-01-13 15:00:00']);
  expect(await read({ defaultTimezone: '+01:00', timezone: 'UTC' })).toEqual(['temperature 1 2026-01-13 10:00:00']);
});

test('rows of several devices are not made those of one event', async () => {
  const text = `timestamp,device,temperature\n${at(0)},a,1\n${at(1)},b,99\n`;
  await expect(importText(laboratory, text)).rejects.toThrow('rows of several: column "device" has "a", "b"');
  expect(await importText(laboratory, text, { ignore: ['device'] })).toMatchObject({ rows: 2 });
});

test('a count of milliseconds is not read as a fraction', async () => {
  const text = 'Date,ms,temperature\n2026/01/13 10:00:00,5,1\n2026/01/13 10:00:01,025,3\n';
  const timeFormat = '%Y/%m/%d %H:%M:%S %f';
  const request = { timeFormat, timeColumns: ['Date', 'ms'], timezone: 'UTC' };
  await expect(importText(laboratory, text, request)).rejects.toThrow('line 2: "2026/01/13 10:00:00 5"');
});

test('dates with dots have the day first, and thousands may be set off by a narrow blank', async () => {
  const text = 'Zeit;temperature\n05.02.2026 08:00:00;1\u202f021,5\n';
  await importText(laboratory, text, { timezone: 'UTC', thousands: ' ' });
  expect(await brief(laboratory)).toEqual(['temperature 1021.5 2026-02-05 08:00:00']);
});
