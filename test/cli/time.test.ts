import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { parseDuration } from '../../src/cli/duration.ts';
import { Session } from '../../src/cli/session.ts';
import { parseTime, shownTime } from '../../src/cli/time.ts';
import { InvalidInputError } from '../../src/errors.ts';
import { Captured, NO_SETTINGS } from '../support/host.ts';

const now = new Date('2026-03-01T23:30:00.000Z');

/** A run with only these settings, and what it prints on stderr. */
function aRun({ timezone, ...environment }: { timezone?: string; TZ?: string; WEBMACS_TIMEZONE?: string } = {}) {
  const stderr = new Captured();
  const streams = {
    ...{ stdin: new PassThrough(), stdout: new Captured(), stderr },
    ...{
      stdoutIsTerminal: false,
      stderrIsTerminal: false,
      canAsk: false,
      columns: () => 80,
      rows: () => 24,
      drawn: {},
      redirection: () => undefined,
    },
  };
  const ctx = new Session(
    streams,
    { ...NO_SETTINGS, ...environment },
    new AbortController().signal,
    'webmacs',
    () => now,
  );
  ctx.configure(timezone === undefined ? {} : { timezone });
  return { ctx, stderr };
}

test.each([
  ['2026-01-31', '2026-01-31T00:00:00+01:00', '2026-01-31 00:00 +01:00'],
  ['2026-07-31T13:45', '2026-07-31T13:45:00+02:00', '2026-07-31 13:45 +02:00'],
  ['2026-01-31 13:45:00.123456+01', '2026-01-31T13:45:00.123456+01:00', '2026-01-31 13:45:00.123456 +01:00'],
  ['2026-01-31T13:45:00+0530', '2026-01-31T13:45:00+05:30', '2026-01-31 13:45 +05:30'],
  ['2026-01-31T13:45:01z', '2026-01-31T13:45:01+00:00', '2026-01-31 13:45:01 +00:00'],
  ['2026-01-31 13:45:01 -05:00', '2026-01-31T13:45:01-05:00', '2026-01-31 13:45:01 -05:00'],
  ['2026-01-31 13:45:01 UTC', '2026-01-31T13:45:01+00:00', '2026-01-31 13:45:01 +00:00'],
  ['now', '2026-03-01T23:30:00.000Z', '2026-03-02 00:30 +01:00'],
  ['today', '2026-03-02T00:00:00+01:00', '2026-03-02 00:00 +01:00'],
  ['yesterday', '2026-03-01T00:00:00+01:00', '2026-03-01 00:00 +01:00'],
  ['-2h', '2026-03-01T21:30:00.000Z', '2026-03-01 22:30 +01:00'],
  ['-90d', '2025-12-01T23:30:00.000Z', '2025-12-02 00:30 +01:00'],
  ['1890-01-01T00:53:28', '1890-01-01T00:00:00+00:00', '1890-01-01 00:00 +00:00'],
])('%s in Berlin is %s, shown as %s', async (text, expected, shown) => {
  const { ctx } = aRun({ WEBMACS_TIMEZONE: 'Europe/Berlin' });
  const time = await parseTime(ctx, text, '--from');
  expect([time, await shownTime(ctx, time)]).toEqual([expected, shown]);
});

test.each([
  [{ timezone: '+05:30', WEBMACS_TIMEZONE: 'Asia/Tokyo', TZ: 'America/New_York' }, '+05:30'],
  [{ timezone: '-0330' }, '-03:30'],
  [{ WEBMACS_TIMEZONE: 'asia/tokyo', TZ: 'America/New_York' }, '+09:00'],
  [{ WEBMACS_TIMEZONE: '', TZ: 'America/New_York' }, '-05:00'],
  [{ TZ: ':America/New_York' }, '-05:00'],
  [{ TZ: '/usr/share/zoneinfo/America/New_York' }, '-05:00'],
  [{ TZ: '' }, '+00:00'],
  [{ timezone: 'Etc/GMT+1' }, '-01:00'],
])('with %j a time without an offset has %s', async (settings, offset) => {
  const { ctx } = aRun(settings);
  expect(await parseTime(ctx, '2026-01-31 12:00', '--from')).toBe(`2026-01-31T12:00:00${offset}`);
});

test('a zone whose name has the opposite sign is accepted with a note', async () => {
  const { ctx, stderr } = aRun({ timezone: 'Etc/GMT+1' });
  await parseTime(ctx, 'today', '--from');
  expect(stderr.text).toBe('Etc/GMT+1 is UTC-1. For UTC+1, use +01:00.\n');
});

test.each([
  [{ timezone: 'Mars/Olympus' }, '--timezone: unknown time zone "Mars/Olympus".'],
  [{ WEBMACS_TIMEZONE: 'UTC+1' }, 'WEBMACS_TIMEZONE: unknown time zone "UTC+1".'],
  [{ WEBMACS_TIMEZONE: 'IST' }, 'WEBMACS_TIMEZONE: unknown time zone "IST".'],
  [{ TZ: 'CET-1CEST,M3.5.0,M10.5.0/3' }, 'TZ: unknown time zone "CET-1CEST,M3.5.0,M10.5.0/3".'],
  [{ timezone: '+16:00' }, '--timezone: unknown time zone "+16:00".'],
])('an unknown zone is refused, and where it was named: %j', async (settings, message) => {
  const { ctx } = aRun(settings);
  await expect(parseTime(ctx, '2026-01-31', '--from')).rejects.toThrow(message);
  expect(await parseTime(ctx, '2026-01-31Z', '--from')).toBe('2026-01-31T00:00:00+00:00');
});

test.each([
  [
    ...['Europe/Berlin', '2026-10-25 02:30', 'occurs twice'],
    'Pass 2026-10-25T02:30+02:00 for the first time, or 2026-10-25T02:30+01:00 for the second.',
  ],
  [
    ...['Australia/Lord_Howe', '2026-04-05T01:45', 'occurs twice'],
    'Pass 2026-04-05T01:45+11:00 for the first time, or 2026-04-05T01:45+10:30 for the second.',
  ],
  [
    ...['Europe/Berlin', '2026-03-29 02:30', 'is skipped'],
    'Pass 2026-03-29T02:30+01:00, which is 2026-03-29 03:30 +02:00, or 2026-03-29T02:30+02:00, which is 2026-03-29 01:30 +01:00.',
  ],
  [
    ...['Pacific/Apia', '2011-12-30 12:00', 'is skipped'],
    'Pass 2011-12-30T12:00-10:00, which is 2011-12-31 12:00 +14:00, or 2011-12-30T12:00+14:00, which is 2011-12-29 12:00 -10:00.',
  ],
])('in %s %s %s: it is refused with both that can be meant', async (...[timezone = '', text = '', what, hint]) => {
  await expect(parseTime(aRun({ timezone }).ctx, text, '--to')).rejects.toMatchObject({
    message: `--to: ${text} ${what} in ${timezone}, where the clocks change.`,
    hint,
  });
});

test.each([
  ['Africa/Cairo', '2026-04-24', '2026-04-24T01:00:00+03:00'],
  ['America/Havana', '2026-11-01', '2026-11-01T00:00:00-04:00'],
  ['Europe/Berlin', '2026-03-29', '2026-03-29T00:00:00+01:00'],
  ['Europe/Berlin', '2026-03-29 01:59', '2026-03-29T01:59:00+01:00'],
  ['Europe/Berlin', '2026-03-29 03:00', '2026-03-29T03:00:00+02:00'],
  ['Europe/Berlin', '2026-10-25 01:59:59', '2026-10-25T01:59:59+02:00'],
  ['Europe/Berlin', '2026-10-25 03:00', '2026-10-25T03:00:00+01:00'],
])('around a change of the clocks in %s, %s is %s', async (timezone, text, expected) => {
  expect(await parseTime(aRun({ timezone }).ctx, text, '--from')).toBe(expected);
});

test.each([
  ['0000-12-31', undefined],
  ['0001-01-01T00:00:00', 'Europe/Berlin'],
])('"%s" in the time zone %s is before the year 1', async (text, timezone) => {
  await expect(parseTime(aRun(timezone ? { timezone } : {}).ctx, text, '--from')).rejects.toThrow(
    'is before the year 1',
  );
});

test.each([
  '',
  'soon',
  '2026-02-30',
  '2026-13-01',
  '2026-01-31T25:00',
  '2026-01-31T12:00+16:00',
  '1d',
  '-2y',
  '-999999w',
])('"%s" is refused', async (text) => {
  await expect(parseTime(aRun().ctx, text, '--from')).rejects.toThrow(InvalidInputError);
});

test.each([
  ['90d', 7_776_000],
  ['12h', 43_200],
  ['30m', 1800],
  ['10s', 10],
  ['2w', 1_209_600],
  ['P90D', 7_776_000],
  ['PT12H', 43_200],
  ['P1DT2H3M4S', 93_784],
])('%s lasts %d seconds', (text, seconds) => {
  expect(parseDuration(text, '--older-than')).toBe(seconds);
});

test.each(['', '90', 'd', '-90d', '1.5h', 'P', 'PT', 'P1Y', '1y', 'P1M'])('"%s" is not a valid duration', (text) => {
  expect(() => parseDuration(text, '--older-than')).toThrow(`--older-than: "${text}" is not a valid duration.`);
});
