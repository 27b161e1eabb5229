export const DAY = 86_400_000;

export const MONTHS = 'january february march april may june july august september october november december'.split(
  ' ',
);
export const WEEKDAYS = 'sunday monday tuesday wednesday thursday friday saturday'.split(' ');

const LENGTHS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
const DAYS_OF_CYCLE = 146_097;
/** From 0000-03-01 to 1970-01-01. */
const DAYS_BEFORE_1970 = 719_468;

/** Returns the days from 1970 to a date of the Gregorian calendar, month and day from 1; NaN if there is no such date. */
export function dayNumber(year: number, month: number, day: number): number {
  const length = (LENGTHS[month - 1] ?? 0) + (month === 2 && isLeap(year) ? 1 : 0);
  if (year < 1 || day < 1 || day > length) {
    return Number.NaN;
  }
  // Years start in March here, so that the leap day is the last: Howard Hinnant, "chrono-compatible low-level date algorithms".
  const shifted = month > 2 ? year : year - 1;
  const cycle = Math.floor(shifted / 400);
  const yearOfCycle = shifted - cycle * 400;
  const dayOfYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1;
  const dayOfCycle = yearOfCycle * 365 + Math.floor(yearOfCycle / 4) - Math.floor(yearOfCycle / 100) + dayOfYear;
  return cycle * DAYS_OF_CYCLE + dayOfCycle - DAYS_BEFORE_1970;
}

/** Returns the days from 1970 to a day of a year, both from 1; NaN if the year has no such day. */
export function dayOfYear(year: number, day: number): number {
  return day < 1 || day > (isLeap(year) ? 366 : 365) ? Number.NaN : dayNumber(year, 1, 1) + day - 1;
}

/** Returns the day of the week, from 0 for Sunday. */
export function weekdayOf(days: number): number {
  return (((days + 4) % 7) + 7) % 7;
}

function isLeap(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
}
