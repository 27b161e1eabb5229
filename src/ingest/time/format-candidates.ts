import { type TimeFormat, timeFormat } from './time-format.ts';

/** A format that a text may have. */
export interface TimeCandidate {
  format: TimeFormat;
  /** Whether a number is of the size that recordings have; nearly every number could be read. */
  isPlausible?: (text: string) => boolean;
}

const NUMBER = /^(\d+)(?:[.,]\d+)?$/;
/** By the digits before the point: since 2001. */
const UNIX = new Map([
  [10, 'unix'],
  [13, 'unix_ms'],
  [16, 'unix_us'],
  [19, 'unix_ns'],
]);
/** From 1954 to 2119. */
const [EXCEL_FIRST, EXCEL_LAST] = [20_000, 80_000];
/** A date, a separator and the time of day, all without one. */
const COMPACT = /^(\d{4}\d\d\d\d)(?:(T| |_|-)?(\d{4}|\d{6})([.,]\d+)?(Z|[+-]\d\d:?\d\d)?)?$/;

const WEEKDAY = '(?:(?<weekday>[A-Za-z]{3,9})(?<afterWeekday>,? +))?';
const DATE =
  '(?<date>(?:\\d{1,4}|[A-Za-z]{3,9})(?:(?<between>[/.\\- ])(?:\\d{1,2}|[A-Za-z]{3,9})(?:,? |[/.-])\\d{1,4}))';
const TIME =
  '(?<time>\\d{1,2}(?<colon>[:.])\\d{1,2}(?:\\k<colon>\\d{1,2}(?<fraction>[.,:]\\d+)?)?)(?<half> ?[ap](?:m|\\.[ \\u00a0\\u202f]?m\\.))?(?<offset> ?(?:UTC|GMT|Z|[+-]\\d\\d(?::?\\d\\d)?))?';
const DATE_FIRST = new RegExp(`^${WEEKDAY}${DATE}(?:(?<separator>T|,? +|[_;,-])${TIME})?$`, 'i');
const TIME_FIRST = new RegExp(`^${TIME}(?<separator>,? +)${WEEKDAY}${DATE}$`, 'i');
const NAME = /^[a-z]/i;

type Groups = Partial<Record<string, string>>;

/** Returns the formats that read a text, the simplest first. */
export function candidatesFor(text: string): TimeCandidate[] {
  const iso = timeFormat('iso');
  const dates = iso.parse(text) ? [iso] : datesOf(text).map(timeFormat);
  return [...numbers(text), ...dates.map((format) => ({ format }))].filter(({ format }) => format.parse(text));
}

function numbers(text: string): TimeCandidate[] {
  const digits = wholeDigits(text);
  const name = UNIX.get(digits);
  const candidates: TimeCandidate[] = [];
  if (name !== undefined) {
    candidates.push({ format: timeFormat(name), isPlausible: (other) => wholeDigits(other) === digits });
  }
  if (isExcel(text)) {
    candidates.push({ format: timeFormat('excel'), isPlausible: isExcel });
  }
  return candidates;
}

function wholeDigits(text: string): number {
  return NUMBER.exec(text)?.[1]?.replace(/^0+/, '').length ?? 0;
}

function isExcel(text: string): boolean {
  const days = Number(NUMBER.exec(text)?.[1]);
  return days >= EXCEL_FIRST && days < EXCEL_LAST;
}

function datesOf(text: string): string[] {
  const compact = COMPACT.exec(text);
  if (compact) {
    const [, , separator = '', time = '', fraction = '', offset] = compact;
    const clock = ['', '', '%H%M', '%H%M%S'][time.length / 2] ?? '';
    return [`%Y%m%d${separator}${clock === '%H%M%S' && fraction !== '' ? `${clock}.%f` : clock}${offset ? '%z' : ''}`];
  }
  const groups: Groups = DATE_FIRST.exec(text)?.groups ?? TIME_FIRST.exec(text)?.groups ?? {};
  if (groups.date === undefined) {
    return ['%a %b %d %H:%M:%S %Y'];
  }
  // "12.5" may be half past twelve.
  if (groups.colon === '.' && /\.\d(?!\d)/.test(groups.time?.replace(groups.fraction ?? '', '') ?? '')) {
    return [];
  }
  const weekday = groups.weekday === undefined ? '' : `%a${groups.afterWeekday}`;
  const time = timeOf(groups);
  const isDateFirst = DATE_FIRST.test(text);
  return ordersOf(groups.date).map((date) =>
    isDateFirst
      ? `${weekday}${date}${groups.separator ?? ''}${time}`
      : `${time}${groups.separator ?? ''}${weekday}${date}`,
  );
}

/** The ways to read the three parts of a date. A year of two digits is not first before a dot or a blank. */
function ordersOf(date: string): string[] {
  const [, first = '', before = '', second = '', after = '', third = ''] =
    /^(\w+)([/.\- ])(\w+)(,? |[/.-])(\w+)$/.exec(date) ?? [];
  const join = (...letters: string[]) => `%${letters[0]}${before}%${letters[1]}${after}%${letters[2]}`;
  const year = third.length === 4 ? 'Y' : 'y';
  if (NAME.test(first)) {
    return [join('b', 'd', year)];
  }
  if (first.length === 4) {
    return NAME.test(second) ? [join('Y', 'b', 'd')] : [join('Y', 'm', 'd')];
  }
  if (NAME.test(second)) {
    return [join('d', 'b', year)];
  }
  const yearFirst = year === 'y' && first.length === 2 && /[/-]/.test(before) ? [join('y', 'm', 'd')] : [];
  return [join('d', 'm', year), join('m', 'd', year), ...yearFirst];
}

function timeOf({ time, colon = '', fraction, half, offset }: Groups): string {
  if (time === undefined) {
    return '';
  }
  const hasSeconds = time.split(colon).length > 2;
  const hours = half === undefined ? '%H' : '%I';
  const seconds = hasSeconds ? `${colon}%S` : '';
  const parts = [hours, `${colon}%M`, seconds, fraction === undefined ? '' : `${fraction.charAt(0)}%f`];
  const blank = offset?.startsWith(' ') ? ' ' : '';
  const zone = offset === undefined ? '' : `${blank}${/[+-]/.test(offset) ? '%z' : '%Z'}`;
  return `${parts.join('')}${half === undefined ? '' : `${half.startsWith(' ') ? ' ' : ''}%p`}${zone}`;
}
