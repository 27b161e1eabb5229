import { expect, test } from 'vitest';
import { TimeFormatGuess } from '../../../src/ingest/time/format-guess.ts';

function guess(...texts: string[]): TimeFormatGuess {
  const guess = new TimeFormatGuess();
  for (const text of texts) {
    guess.add(text);
  }
  return guess;
}

const names = (formats: TimeFormatGuess['formats']) => formats.map(({ name }) => name);

test.each([
  [['2026-01-31T13:45:00Z', '2026-01-31 13:45'], ['iso']],
  [['2026-01-31'], ['%Y-%m-%d']],
  [['2026/1/31 9:05'], ['%Y/%m/%d %H:%M']],
  [['31.01.2026 12:00', '01.02.2026 12:00'], ['%d.%m.%Y %H:%M']],
  [['31.01.2026, 12:00:00,5'], ['%d.%m.%Y, %H:%M:%S,%f']],
  [['31.1.2026 3:4:5'], ['%d.%m.%Y %H:%M:%S']],
  [['31.1.2026 12.5'], []],
  [['31.01.2026 12.00.00'], ['%d.%m.%Y %H.%M.%S']],
  [['31/01/2026 12:00:00:123'], ['%d/%m/%Y %H:%M:%S:%f']],
  [['01/31/26 01:00:00 PM'], ['%m/%d/%y %I:%M:%S %p']],
  [['01/31/26 1:00 p.m.'], ['%m/%d/%y %I:%M %p']],
  [['01/01/1988 24:00', '01/13/1988 24:00'], ['%m/%d/%Y %H:%M']],
  [['13/02/2026'], ['%d/%m/%Y']],
  [['01/02/2026'], ['%d/%m/%Y', '%m/%d/%Y']],
  [['05/05/2026'], ['%d/%m/%Y']],
  [['Sun 01/02/2026 10:00'], ['%a %d/%m/%Y %H:%M']],
  [['31-Jan-2026 12:00:00'], ['%d-%b-%Y %H:%M:%S']],
  [['January 31, 2026 1:45 PM'], ['%b %d, %Y %I:%M %p']],
  [['Sat, 31 Jan 2026 13:45:00 GMT'], ['%a, %d %b %Y %H:%M:%S %Z']],
  [['Sat Jan 31 13:45:00 2026'], ['%a %b %d %H:%M:%S %Y']],
  [['31 01 2026 12:00:00 +01:00'], ['%d %m %Y %H:%M:%S %z']],
  [['12:00:00 31.01.2026'], ['%H:%M:%S %d.%m.%Y']],
  [['20260131T134500'], ['%Y%m%dT%H%M%S']],
  [['20260131134500.25Z'], ['%Y%m%d%H%M%S.%f%z']],
  [['202601311345'], ['%Y%m%d%H%M']],
  [['1767225600', '1767225600.5'], ['unix']],
  [['1767225600123'], ['unix_ms']],
  [['1767225600123456'], ['unix_us']],
  [['1767225600123456789'], ['unix_ns']],
  [['46023,5', '46024'], ['excel']],
  [['0.1', '0.2'], []],
  [['n/a', '', 'TS'], []],
])('%j', (texts, expected) => {
  expect(names(guess(...texts).formats)).toEqual(expected);
});

test('both readings of an ambiguous text are there for a message', () => {
  const { ambiguity } = guess('05/05/2026 10:00', '01/02/2026 10:00', '03/04/2026 10:00');
  expect([ambiguity?.text, ambiguity?.readings.map(({ format, local }) => [format.name, local])]).toEqual([
    '01/02/2026 10:00',
    [
      ['%d/%m/%Y %H:%M', '2026-02-01 10:00:00'],
      ['%m/%d/%Y %H:%M', '2026-01-02 10:00:00'],
    ],
  ]);
});

test('a later text decides, and what has read the same times so far is still possible', () => {
  const formats = guess('05/05/2026');
  expect(names(formats.possible)).toEqual(['%d/%m/%Y', '%m/%d/%Y']);
  formats.add('05/13/2026');
  expect([names(formats.possible), names(formats.formats)]).toEqual([['%m/%d/%Y'], ['%m/%d/%Y']]);
});

test('a footer does not count, and two orders in one file leave the one of the first rows', () => {
  const formats = guess('13/02/2026', '02/13/2026', 'End of data');
  expect([names(formats.formats), formats.read, formats.unread]).toEqual([['%d/%m/%Y'], 1, 2]);
});

test('a year of two digits is not where the days pass', () => {
  expect(names(guess('13/01/26', '14/01/26', '15/01/26').formats)).toEqual(['%d/%m/%y']);
  expect(names(guess('26-01-11', '26-01-12', '26-01-13').formats)).toEqual(['%y-%m-%d']);
});

test('the time since a start is proposed only where all texts can be one', () => {
  expect([guess('0', '1.5e-3').elapsed, guess('0:00:00', '100:00:00,5').elapsed]).toEqual([true, true]);
  expect([guess('0', '2026-01-01').elapsed, guess().elapsed]).toEqual([false, false]);
});
