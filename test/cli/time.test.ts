import { expect, test } from 'vitest';
import { parseDuration, parseTime } from '../../src/cli/time.ts';
import { InvalidInputError } from '../../src/errors.ts';

const now = new Date('2026-03-01T12:00:00.000Z');

test.each([
  ['2026-01-31', '2026-01-31T00:00:00Z'],
  ['2026-01-31T13:45', '2026-01-31T13:45:00Z'],
  ['2026-01-31 13:45:00.123456+01', '2026-01-31T13:45:00.123456+01:00'],
  ['2026-01-31T13:45:00+0530', '2026-01-31T13:45:00+05:30'],
  ['now', '2026-03-01T12:00:00.000Z'],
  ['yesterday', '2026-02-28T00:00:00.000Z'],
  ['-2h', '2026-03-01T10:00:00.000Z'],
  ['-90d', '2025-12-01T12:00:00.000Z'],
])('%s is %s', (text, expected) => {
  expect(parseTime(text, now, '--from')).toBe(expected);
});

test.each(['', 'soon', '2026-02-30', '2026-13-01', '2026-01-31T25:00', '1d', '-2y'])('"%s" is refused', (text) => {
  expect(() => parseTime(text, now, '--from')).toThrow(InvalidInputError);
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
