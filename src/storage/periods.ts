/** The time that a partition covers. */
export type Period = 'month' | 'week';

export const PERIODS = ['month', 'week'] as const satisfies readonly Period[];

const DAY = 86_400_000;
/** A Monday. */
const MONDAY = Date.UTC(2000, 0, 3);

/** Returns the start, in UTC, of the period that has a moment; both in milliseconds since 1970. */
export function startOf(period: Period, moment: number): number {
  if (period === 'week') {
    return MONDAY + Math.floor((moment - MONDAY) / (7 * DAY)) * 7 * DAY;
  }
  const date = new Date(moment);
  // Date.UTC would take the years 1 to 99 for those of the 20th century.
  date.setUTCDate(1);
  return date.setUTCHours(0, 0, 0, 0);
}

/** Returns the start of the next period. */
export function nextStart(period: Period, start: number): number {
  // In the middle of the next one, whatever its length.
  return startOf(period, start + (period === 'week' ? 10 : 45) * DAY);
}

/** Returns the period whose length and start a time range has; undefined if it is none. */
export function periodOf(from: number, to: number): Period | undefined {
  return PERIODS.find((period) => startOf(period, from) === from && nextStart(period, from) === to);
}

/** Returns `datapoints_2026_12` for a month, `datapoints_2026_11_30` for a week, which starts on a Monday. */
export function partitionName(period: Period, start: number): string {
  const day = new Date(start).toISOString().slice(0, 10);
  return `datapoints_${(period === 'month' ? day.slice(0, 7) : day).replaceAll('-', '_')}`;
}
