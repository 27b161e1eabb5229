import { describe, expect, test } from 'vitest';
import { InvalidInputError } from '../../../src/errors.ts';
import { type TimeFormat, timeFormat } from '../../../src/ingest/time/time-format.ts';

/** As ISO 8601 with nanoseconds and the offset in minutes. */
function read(format: string | TimeFormat, text: string): string | undefined {
  const clock = (typeof format === 'string' ? timeFormat(format) : format).parse(text);
  if (!clock) {
    return undefined;
  }
  const below = String(clock.nanoseconds).padStart(6, '0');
  const offset = clock.offsetMinutes === undefined ? '' : ` ${clock.offsetMinutes}`;
  return `${new Date(clock.milliseconds).toISOString().slice(0, -1)}${below}${offset}`.replace(
    /(\.\d*?)0*(?= |$)/,
    (_all, kept: string) => (kept === '.' ? '' : kept),
  );
}

test.each([
  ['%d.%m.%Y %H:%M:%S', '31.01.2026 13:45:07', '2026-01-31T13:45:07'],
  ['%d.%m.%Y %H:%M:%S', '1.2.2026   3:4:5', '2026-02-01T03:04:05'],
  ['%d.%m.%Y %H:%M:%S', '31.01.2026 13:45:07,5', '2026-01-31T13:45:07.5'],
  ['%d.%m.%Y %H:%M:%S.%f', '31.01.2026 13:45:07', '2026-01-31T13:45:07'],
  ['%d.%m.%Y %H:%M:%S,%f', '31.01.2026 13:45:07.123456789', '2026-01-31T13:45:07.123456789'],
  ['%d.%m.%Y %H:%M:%S:%f', '31.01.2026 13:45:07:123', '2026-01-31T13:45:07.123'],
  ['%m/%d/%y %I:%M:%S %p', '01/31/26 01:00:00 PM', '2026-01-31T13:00:00'],
  ['%m/%d/%y %I:%M %p', '01/31/26 12:30 a.m.', '2026-01-31T00:30:00'],
  ['%m/%d/%y %I:%M %p', '01/31/26 12:30\u202fp.\u00a0m.', '2026-01-31T12:30:00'],
  ['%Y%m%dT%H%M%S', '20260131T134507', '2026-01-31T13:45:07'],
  ['%Y%m%d%H%M%S%f', '20260131134507123', '2026-01-31T13:45:07.123'],
  ['%Y %j %H:%M', '2024 366 24:00', '2025-01-01T00:00:00'],
  ['%Y-%m-%d', '2026-01-31', '2026-01-31T00:00:00'],
  ['%F %T', '2026-01-31 13:45:07', '2026-01-31T13:45:07'],
  ['%D %R', '01/31/69 13:45', '1969-01-31T13:45:00'],
  ['%a, %d %b %Y %H:%M:%S %Z', 'Sat, 31 JAN 2026 13:45:07 GMT', '2026-01-31T13:45:07 0'],
  ['%A %B %e %l:%M%p %Y', 'saturday January  3  1:45pm 2026', '2026-01-03T13:45:00'],
  ['%H:%M:%S %d-%b-%y', '13:45:07 31-jan-68', '2068-01-31T13:45:07'],
  ['%d/%b/%Y:%H:%M:%S %z', '31/Jan/2026:13:45:07 -0330', '2026-01-31T13:45:07 -210'],
  ['%Y-%m-%dT%k.%M%%%z', '2026-01-31T 9.05%+14', '2026-01-31T09:05:00 840'],
  ['iso', '2026-01-31T13:45Z', '2026-01-31T13:45:00 0'],
  ['iso', '2026-01-31 13:45:07,123456789+0545', '2026-01-31T13:45:07.123456789 345'],
  ['iso', '2026-01-31 24:00', '2026-02-01T00:00:00'],
  ['iso', '0001-01-01 00:00:00', '0001-01-01T00:00:00'],
  ['unix', '1767225600', '2026-01-01T00:00:00 0'],
  ['unix', '1767225600,5', '2026-01-01T00:00:00.5 0'],
  ['unix', '1.767225600123456789E9', '2026-01-01T00:00:00.123456789 0'],
  ['unix', '-0.000000001', '1969-12-31T23:59:59.999999999 0'],
  ['unix_ms', '1767225600123', '2026-01-01T00:00:00.123 0'],
  ['unix_us', '1767225600123456', '2026-01-01T00:00:00.123456 0'],
  ['unix_ns', '1767225600123456789', '2026-01-01T00:00:00.123456789 0'],
  ['unix_ns', '5', '1970-01-01T00:00:00.000000005 0'],
  ['excel', '46023', '2026-01-01T00:00:00'],
  ['excel', '46023,5', '2026-01-01T12:00:00'],
  ['excel', '46023.0416666667', '2026-01-01T01:00:00'],
  ['excel', '46023.1234567', '2026-01-01T02:57:46.65888'],
  ['excel', '46023.99999999999', '2026-01-02T00:00:00'],
  ['excel', '61', '1900-03-01T00:00:00'],
  ['elapsed', '1.000000E-3', '1970-01-01T00:00:00.001'],
  ['elapsed', '-0.5', '1969-12-31T23:59:59.5'],
  ['elapsed', '100:00:01.25', '1970-01-05T04:00:01.25'],
  ['elapsed_ms', '1500.5', '1970-01-01T00:00:01.5005'],
  ['elapsed_min', '1,5', '1970-01-01T00:01:30'],
  ['elapsed_h', '0.000277777777778', '1970-01-01T00:00:01'],
  ['elapsed_h', '-1.5', '1969-12-31T22:30:00'],
])('%s reads %s', (format, text, expected) => {
  expect(read(format, text)).toBe(expected);
});

test.each([
  ['%d.%m.%Y', '30.02.2026'],
  ['%d.%m.%Y', '29.02.2100'],
  ['%d.%m.%Y', '00.01.2026'],
  ['%d.%m.%Y', '01.01.0000'],
  ['%d.%m.%Y', '01.01.26'],
  ['%d.%m.%Y', '01.01.2026 12:00'],
  ['%Y %j', '2026 366'],
  ['%Y%m%d', '2026111'],
  ['%Y%m%d %H%M', '20261101 930'],
  ['%F %H:%M', '2026-01- 1 12:00'],
  ['%F %T', '2026-01-01 23:60:00'],
  ['%F %T', '2026-01-01 23:59:60'],
  ['%F %T', '2026-01-01 24:00:01'],
  ['%F %T', '2026-01-01 24:00:00.1'],
  ['%F %T', '2026-01-01 25:00:00'],
  ['%F %T', '2026-01-01 12:00:00.'],
  ['%F %T:%f', '2026-01-01 12:00:00:5'],
  ['%F %I:%M %p', '2026-01-01 13:00 PM'],
  ['%F %I:%M %p', '2026-01-01 00:30 AM'],
  ['%a %F', 'Fri 2026-01-31'],
  ['%F %R%z', '2026-01-01 12:00+16:00'],
  ['%F %R %Z', '2026-01-01 12:00 CET'],
  ['%d %b %Y', '31 Janu 2026'],
  ['iso', '2026-01-01'],
  ['iso', '2026-01-01 12:00:00.Z'],
  ['iso', '2026-01-01 12:0'],
  ['iso', '2026-01-01T12:00:00 Z'],
  ['iso', '2026-1-1T12:00'],
  ['iso', '2026-01-01T12:00:00+01:6'],
  ['unix', '0x10'],
  ['excel', '60'],
  ['excel', '-46023'],
  ['elapsed', '1:60:00'],
  ['elapsed', '05:00'],
])('%s refuses %s', (format, text) => {
  expect(read(format, text)).toBeUndefined();
});

test('a format reads each text alone, whatever it has read before', () => {
  const format = timeFormat('%d.%m.%Y %H:%M:%S');
  const texts = ['3.1.2026 1:00:00', '3.1.2026 2:00:00,5', '3.1.2026 x', '31.01.2026 2:00:00', '3.1.2026  4:00:00'];
  expect(texts.map((text) => read(format, text))).toEqual([
    '2026-01-03T01:00:00',
    '2026-01-03T02:00:00.5',
    undefined,
    '2026-01-31T02:00:00',
    '2026-01-03T04:00:00',
  ]);
});

describe('a format is refused', () => {
  test.each([
    ['%Y-%m-%d %Q', 'has the unknown letter %Q'],
    ['%Y-%m-%d %', 'ends in %'],
    ['%H:%M:%S', 'does not have the year: %Y or %y; the month: %m or %b; the day: %d'],
    ['%F %M', 'does not have the hour'],
    ['%F %I:%M', 'does not have morning or afternoon: %p'],
    ['%F %H:%M %p', 'has %p without %I'],
    ['%F %d', 'has %d or an equivalent twice'],
    ['%Y-%m-%d %j', 'has both %j and the day of a month'],
    ['isoo', 'is not a time format'],
  ])('%s', (format, problem) => {
    expect(() => timeFormat(format)).toThrow(InvalidInputError);
    expect(() => timeFormat(format)).toThrow(problem);
  });
});
