import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type TimeTick, timeTicks } from '../../src/plot/time-ticks.ts';
import { inZone } from '../../src/text/local-time.ts';
import { timeZone } from '../../src/text/time-zone.ts';

function ticks(zone: string, from: string, to: string, most: number): TimeTick[] {
  const range = { from: Date.parse(from) / 1000, to: Date.parse(to) / 1000 };
  return timeTicks(timeZone(zone, 'The test'), range, most);
}

function textOf({ label, context, offset }: TimeTick): string {
  return [label, context && `(${context})`, offset].filter(Boolean).join(' ');
}

test.each([
  [
    'the end of summer time repeats an hour',
    ['Europe/Berlin', '2026-10-25T00:00+02:00', '2026-10-25T04:00+01:00', 6],
    ['00:00 (25 Oct 2026)', '01:00', '02:00', '02:00 UTC+1', '03:00', '04:00'],
  ],
  [
    'its start skips one',
    ['Europe/Berlin', '2026-03-28T23:00+01:00', '2026-03-29T04:00+02:00', 6],
    ['23:00 (28 Mar 2026)', '00:00 (29 Mar)', '01:00', '03:00 UTC+2', '04:00'],
  ],
  [
    'a step of two hours, of which one is skipped',
    ['Europe/Berlin', '2026-03-28T22:00+01:00', '2026-03-29T08:00+02:00', 6],
    ['22:00 (28 Mar 2026)', '00:00 (29 Mar)', '04:00 UTC+2', '06:00', '08:00'],
  ],
  [
    'in the autumn of New York',
    ['America/New_York', '2026-11-01T00:00-04:00', '2026-11-01T03:00-05:00', 5],
    ['00:00 (1 Nov 2026)', '01:00', '01:00 UTC-5', '02:00', '03:00'],
  ],
  [
    'by half an hour on Lord Howe Island, to standard time',
    ['Australia/Lord_Howe', '2026-04-05T01:00+11:00', '2026-04-05T03:00+10:30', 6],
    ['01:00 (5 Apr 2026)', '01:30', '01:30 UTC+10:30', '02:00', '02:30', '03:00'],
  ],
  [
    'and to summer time',
    ['Australia/Lord_Howe', '2026-10-04T01:30+10:30', '2026-10-04T03:30+11:00', 5],
    ['01:30 (4 Oct 2026)', '02:30 UTC+11', '03:00', '03:30'],
  ],
  [
    'Kathmandu is 5:45 ahead',
    ['Asia/Kathmandu', '2026-01-31T18:00Z', '2026-01-31T21:00Z', 3],
    ['00:00 (1 Feb 2026)', '01:00', '02:00'],
  ],
  [
    'parts of a second, over midnight of New Year',
    ['UTC', '2026-12-31T23:59:59.500Z', '2027-01-01T00:00:00.500Z', 5],
    ['23:59:59.6 (31 Dec 2026)', '23:59:59.8', '00:00:00.0 (1 Jan 2027)', '00:00:00.2', '00:00:00.4'],
  ],
  [
    'seconds',
    ['UTC', '2026-01-01T00:00:00Z', '2026-01-01T00:00:30Z', 3],
    ['00:00:00 (1 Jan 2026)', '00:00:10', '00:00:20', '00:00:30'],
  ],
  [
    'days over a change of the clocks',
    ['Europe/Berlin', '2026-10-24T00:00+02:00', '2026-10-27T00:00+01:00', 4],
    ['24 Oct (2026)', '25 Oct', '26 Oct', '27 Oct'],
  ],
  [
    'weeks start on Mondays',
    ['Europe/Berlin', '2026-11-01T00:00+01:00', '2026-11-28T00:00+01:00', 5],
    ['2 Nov (2026)', '9 Nov', '16 Nov', '23 Nov'],
  ],
  [
    'months',
    ['Europe/Berlin', '2025-10-20T00:00Z', '2026-04-05T00:00Z', 6],
    ['Nov (2025)', 'Dec', 'Jan (2026)', 'Feb', 'Mar', 'Apr'],
  ],
  [
    'years',
    ['Europe/Berlin', '1999-06-01T00:00Z', '2026-04-05T00:00Z', 6],
    ['2000', '2005', '2010', '2015', '2020', '2025'],
  ],
  ['all years', ['Europe/Berlin', '0001-01-01T00:00Z', '9999-12-31T00:00Z', 5], ['2000', '4000', '6000', '8000']],
] as const)('%s', (_, [zone, from, to, most], labels) => {
  expect(ticks(zone, from, to, most).map(textOf)).toEqual(labels);
});

test('every tick is where the clocks show its label, in the order of time, and they are about as many as wanted', () => {
  const zones = ['Europe/Berlin', 'Asia/Kathmandu', 'Australia/Lord_Howe', 'America/New_York', '+05:30'];
  const arbitrary = fc.record({
    zone: fc.constantFrom(...zones),
    from: fc.integer({ min: Date.parse('1972-01-01') / 1000, max: Date.parse('2030-01-01') / 1000 }),
    span: fc.integer({ min: 1, max: 33 }).map((power) => 2 ** power / 100),
    most: fc.integer({ min: 2, max: 12 }),
  });
  fc.assert(
    fc.property(arbitrary, ({ zone: name, from, span, most }) => {
      const zone = timeZone(name, 'The test');
      const found = timeTicks(zone, { from, to: from + span }, most);
      expect(found.length).toBeLessThanOrEqual(most + 3);
      expect(found.map(({ at }) => at)).toEqual(found.map(({ at }) => at).sort((a, b) => a - b));
      for (const { at, label } of found.filter((tick) => /^\d\d:\d\d/.test(tick.label))) {
        expect(inZone(zone, Math.floor(at) * 1000).slice(11, 19)).toBe(
          label.length > 5 ? label.slice(0, 8) : `${label}:00`,
        );
      }
    }),
    { numRuns: 200 },
  );
});
