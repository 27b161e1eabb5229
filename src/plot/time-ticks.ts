import { offsetText } from '../text/iso-8601.ts';
import { offsetAtStart, offsetPeriods, type TimeZone } from '../text/time-zone.ts';

/** A place on an axis of time, in seconds since 1970. */
export interface TimeTick {
  at: number;
  /** A time of day, a day, a month or a year: `14:30`, `25 Oct`, `Oct`, `2026`. */
  label: string;
  /** What the label is part of, at the first tick and wherever it changes: `25 Oct`, `2026`. */
  context?: string;
  /** At the first tick after the clocks have changed: `UTC+1`. */
  offset?: string;
}

/** A range of time in seconds since 1970; both ends belong to it. */
export interface TimeRange {
  from: number;
  to: number;
}

const MINUTE = 60;
const HOUR = 3600;
const DAY = 86_400;
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** Steps by the clock, in seconds; finer ones are decimal. */
const CLOCK_STEPS = [1, 2, 5, 10, 15, 30, MINUTE, 2 * MINUTE, 5 * MINUTE, 10 * MINUTE, 15 * MINUTE, 30 * MINUTE].concat(
  [HOUR, 2 * HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR],
);
/** Steps of days count from a Monday. */
const DAY_STEPS = [1, 2, 7, 14];
const MONDAY = 4;
/** From here on, years are round ones. */
const MONTH_STEPS = [1, 2, 3, 6, 12, 24, 60, 120, 240, 600, 1200, 2400, 6000, 12_000, 24_000];
const MEAN_MONTH = 30.44 * DAY;
/** Finer steps are below the precision of a number of seconds since 1970. */
const FINEST = 2 ** -51;

/**
 * Returns places on the axis at round times of the clocks in a time zone, also where the clocks change: a time that is
 * skipped has none, one that is repeated has two.
 * @param most how many there may be, about
 */
export function timeTicks(zone: TimeZone, range: TimeRange, most: number): TimeTick[] {
  const least = Math.max((range.to - range.from) / most, Math.abs(range.to) * FINEST);
  const clock = clockStep(least);
  if (clock !== undefined) {
    return clockTicks(zone, range, clock);
  }
  const days = DAY_STEPS.find((step) => step * DAY >= least);
  if (days !== undefined) {
    return calendarTicks(zone, range, dates(zone, range, days), dayLabel);
  }
  const months = MONTH_STEPS.find((step) => step * MEAN_MONTH >= least) ?? 24_000;
  return calendarTicks(zone, range, firstsOfMonths(zone, range, months), months < 12 ? monthLabel : yearLabel);
}

/** Returns a step of a day or less that is a round time; undefined if none is so long. */
export function clockStep(least: number): number | undefined {
  return least < 0.5 ? decimalStep(least) : CLOCK_STEPS.find((step) => step >= least);
}

/** Returns a round decimal step. The finest is a microsecond, as that of the database. */
export function decimalStep(least: number): number {
  const exponent = Math.max(Math.floor(Math.log10(least)), -6);
  return [1, 2, 5, 10].map((digit) => Number(`${digit}e${exponent}`)).find((step) => step >= least) ?? 1;
}

function clockTicks(zone: TimeZone, { from, to }: TimeRange, step: number): TimeTick[] {
  const decimals = step < 1 ? Math.ceil(-Math.log10(step)) : 0;
  const periods = offsetPeriods(zone, Math.floor(from), Math.ceil(to));
  const ticks: TimeTick[] = [];
  let [date, year] = ['', ''];
  for (const [index, { from: start, offset }] of periods.entries()) {
    const [low, high] = [Math.max(start, from), Math.min(periods[index + 1]?.from ?? Number.POSITIVE_INFINITY, to)];
    // By parts of a second: the steps are whole in them, and their products are exact.
    const parts = 10 ** decimals;
    const width = Math.round(step * parts);
    let isFirst = index > 0;
    for (let place = Math.ceil(((low + offset) * parts) / width) * width; ; place += width) {
      const at = (place - offset * parts) / parts;
      if (at > high || (at === high && index < periods.length - 1)) {
        break;
      }
      const local = isoOf(Math.floor(place / parts));
      const [newDate, newYear] = [dayLabel(local).label, local.year];
      const isNew = newDate !== date || newYear !== year;
      const context = isNew ? { context: newYear === year ? newDate : `${newDate} ${newYear}` } : {};
      const changed = isFirst ? { offset: utcOffset(offset) } : {};
      ticks.push({ at, label: timeLabel(local.time, step, place, parts, decimals), ...context, ...changed });
      [date, year, isFirst] = [newDate, newYear, false];
    }
  }
  return ticks;
}

function timeLabel(time: string, step: number, place: number, parts: number, decimals: number): string {
  if (step >= MINUTE) {
    return time.slice(0, 5);
  }
  const fraction = ((place % parts) + parts) % parts;
  return decimals === 0 ? time : `${time}.${String(fraction).padStart(decimals, '0')}`;
}

/** Local midnights, as if they were in UTC, in seconds. */
function dates(zone: TimeZone, { from, to }: TimeRange, step: number): number[] {
  const day = Math.floor((from + offsetAt(zone, from)) / DAY);
  const found: number[] = [];
  for (let each = Math.ceil((day - MONDAY) / step) * step + MONDAY; each * DAY <= to + DAY; each += step) {
    found.push(each * DAY);
  }
  return found;
}

function firstsOfMonths(zone: TimeZone, { from, to }: TimeRange, step: number): number[] {
  const start = new Date((from + offsetAt(zone, from)) * 1000);
  const month = start.getUTCFullYear() * 12 + start.getUTCMonth();
  const found: number[] = [];
  for (let each = Math.ceil(month / step) * step; ; each += step) {
    const first = new Date(0);
    first.setUTCFullYear(Math.floor(each / 12), each % 12, 1);
    const local = first.getTime() / 1000;
    if (!(local <= to + DAY)) {
      return found;
    }
    found.push(local);
  }
}

/** Returns the ticks at local times that are given as if they were in UTC, as far as they are within the range. */
function calendarTicks(
  zone: TimeZone,
  { from, to }: TimeRange,
  locals: readonly number[],
  labelOf: (local: Local) => Pick<TimeTick, 'label' | 'context'>,
): TimeTick[] {
  const ticks: TimeTick[] = [];
  let last: string | undefined;
  for (const local of locals) {
    const at = local - offsetAtStart(zone, local * 1000);
    if (at >= from && at <= to) {
      const { label, context } = labelOf(isoOf(local));
      ticks.push(context === undefined || context === last ? { at, label } : { at, label, context });
      last = context;
    }
  }
  return ticks;
}

interface Local {
  year: string;
  month: string;
  day: number;
  time: string;
}

/** @param local in seconds, as if it were in UTC */
function isoOf(local: number): Local {
  const date = new Date(local * 1000);
  return {
    year: String(date.getUTCFullYear()),
    month: MONTHS[date.getUTCMonth()] ?? '',
    day: date.getUTCDate(),
    time: date.toISOString().slice(-13, -5),
  };
}

function dayLabel({ year, month, day }: Local): { label: string; context: string } {
  return { label: `${day} ${month}`, context: year };
}

function monthLabel({ year, month }: Local): { label: string; context: string } {
  return { label: month, context: year };
}

function yearLabel({ year }: Local): { label: string } {
  return { label: year };
}

function offsetAt(zone: TimeZone, seconds: number): number {
  return zone.offsetAt(Math.floor(seconds) * 1000);
}

/** `UTC+1`, `UTC+5:45`, `UTC`. */
export function utcOffset(offset: number): string {
  const text = offsetText(offset)
    .replace(/^([+-])0(?=\d)/, '$1')
    .replace(/:00$/, '');
  return offset === 0 ? 'UTC' : `UTC${text}`;
}
