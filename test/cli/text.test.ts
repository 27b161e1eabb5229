import { expect, test } from 'vitest';
import { fileSize, printable, shortMoment } from '../../src/cli/text.ts';

test('text from the database cannot move the cursor or change the writing direction', () => {
  expect(printable('a\u001b[2Jb\nc\u202ed\u0000')).toBe('a\\x1b[2Jb\\nc\\u202ed\\x00');
});

test('sizes are in the unit that fits', () => {
  expect([0, 999, 45_000, 12_345_678, 7e12].map(fileSize)).toEqual([
    '0 bytes',
    '999 bytes',
    '45 kB',
    '12.3 MB',
    '7.0 TB',
  ]);
});

test('a time is shortened without losing information', () => {
  expect(shortMoment('2026-01-01T12:00:00.500000+00:00')).toBe('2026-01-01T12:00:00.5Z');
  expect(shortMoment('2026-01-01T12:00:00+00:00')).toBe('2026-01-01T12:00:00Z');
  expect(shortMoment('2026-01-01T12:00:00.100203+00:00')).toBe('2026-01-01T12:00:00.100203Z');
  expect(shortMoment('at 2026-01-01T12:00:00+00:00')).toBe('at 2026-01-01T12:00:00+00:00');
});
