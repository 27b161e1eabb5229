import { expect, test } from 'vitest';
import { localText, localTime } from '../../src/text/local-time.ts';
import { timeZone } from '../../src/text/time-zone.ts';

test.each([
  ['2026-01-01T12:00:00.500000+00:00', 'Europe/Berlin', '2026-01-01 13:00:00.5 +01:00'],
  ['2026-07-01T12:00:00.100203+00:00', 'Europe/Berlin', '2026-07-01 14:00:00.100203 +02:00'],
  ['2026-01-01T12:00:00+00:00', 'UTC', '2026-01-01 12:00:00 UTC'],
  ['2026-01-01T00:00:00+00:00', '-03:30', '2025-12-31 20:30:00 -03:30'],
  ['1890-01-01T00:00:00+00:00', 'Europe/Berlin', '1890-01-01 00:00:00 UTC'],
  ['0001-01-01T00:00:00+00:00', '-01:00', '0001-01-01 00:00:00 UTC'],
  ['9999-12-31T23:30:00+00:00', '+01:00', '9999-12-31 23:30:00 UTC'],
])('%s in %s is %s', (time, zone, expected) => {
  expect(localText(timeZone(zone, 'The test'), time)).toBe(expected);
});

test.each(['infinity', '0044-03-15 00:00:00+00 BC', 'at 2026-01-01T12:00:00+00:00', '2026-01-01T12:00:00+01:00', ''])(
  '"%s" is not a time of a row',
  (text) => {
    expect(localTime(timeZone('UTC', 'The test'), text)).toBeUndefined();
  },
);
