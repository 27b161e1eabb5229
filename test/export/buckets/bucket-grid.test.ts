import { describe, expect, test } from 'vitest';
import { BucketGrid } from '../../../src/export/bucket-grid.ts';
import { timeZone } from '../../../src/text/time-zone.ts';
import { bucketStarts } from '../bucket-reference.ts';

const DAY = 86_400;
const seconds = (time: string) => Date.parse(time) / 1000;

/** Two days around changes of the clocks. */
const CHANGES: [zone: string, ...changes: string[]][] = [
  ['Europe/Berlin', '2026-03-29', '2026-10-25'],
  ['America/New_York', '2026-03-08', '2026-11-01'],
  ['America/Havana', '2026-03-08', '2026-11-01'],
  ['America/St_Johns', '2026-03-08', '2026-11-01', '2010-03-14', '2010-11-07'],
  ['Australia/Lord_Howe', '2026-04-04T12:00Z', '2026-10-03T12:00Z'],
  ['Asia/Kathmandu', '2026-05-05', '1985-12-31'],
  ['Asia/Beirut', '2026-03-29', '2026-10-24'],
  ['Pacific/Apia', '2011-12-30'],
  ['UTC', '2026-03-29'],
];
const MINUTE = 60;
const HOUR = 3600;
const WIDTHS = [MINUTE, 7 * MINUTE, 30 * MINUTE, 45 * MINUTE, HOUR, 90 * MINUTE, 2 * HOUR, 6 * HOUR, DAY];

describe.each(CHANGES)('%s', (zone, ...changes) => {
  test.each(changes)('buckets around %s start where the clocks show a multiple of their length', (change) => {
    const [first, last] = [seconds(change) - DAY, seconds(change) + 2 * DAY];
    for (const width of WIDTHS) {
      const grid = new BucketGrid(timeZone(zone, 'the test'), width, first, last);
      const starts: number[] = [];
      for (let start = grid.startOf(first); start <= last; start = grid.next(start)) {
        starts.push(start);
      }
      expect(starts, `${width} s`).toEqual(bucketStarts(zone, width, first, last));
      expect(starts.map((start) => grid.startOf(start + 1))).toEqual(starts);
    }
  });
});

test('a day has 23 or 25 hours where the clocks change, and the hour that occurs twice is two buckets', () => {
  const zone = timeZone('Europe/Berlin', 'the test');
  const [first, last] = [seconds('2026-01-01T00:00Z'), seconds('2026-12-31T00:00Z')];
  const [days, hours] = [DAY, HOUR].map((width) => new BucketGrid(zone, width, first, last));
  const [spring, autumn] = [seconds('2026-03-28T23:00Z'), seconds('2026-10-24T22:00Z')];
  expect(days?.next(spring)).toBe(spring + 23 * HOUR);
  expect(days?.next(autumn)).toBe(autumn + 25 * HOUR);
  expect(hours?.startOf(autumn + 2 * HOUR + 1)).toBe(autumn + 2 * HOUR);
  expect(hours?.startOf(autumn + 3 * HOUR + 1)).toBe(autumn + 3 * HOUR);
});

test('buckets do not depend on where the time range starts', () => {
  const zone = timeZone('America/Havana', 'the test');
  const [start, end] = [seconds('2026-10-20T00:00Z'), seconds('2026-11-20T00:00Z')];
  const all = new BucketGrid(zone, 5 * DAY, start, end);
  for (let first = start; first < end; first += 7 * HOUR) {
    expect(new BucketGrid(zone, 5 * DAY, first, end).startOf(first)).toBe(all.startOf(first));
  }
});
