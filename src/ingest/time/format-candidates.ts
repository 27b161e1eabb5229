import { type TimeFormat, timeFormat } from './time-format.ts';

/** By the digits before the point: from 2001 to 2286. Nearly every number could be read. */
const UNIX = [
  { name: 'unix', digits: 10 },
  { name: 'unix_ms', digits: 13 },
  { name: 'unix_us', digits: 16 },
  { name: 'unix_ns', digits: 19 },
].map(({ name, digits }) => ({ name, whole: new RegExp(`^[1-9]\\d{${digits - 1}}(?:[.,]\\d+)?$`) }));
const DAYS = /^(\d{5})(?:[.,]\d+)?$/;
/** From 1954 to 2119. */
const [EXCEL_FIRST, EXCEL_LAST] = [20_000, 80_000];
/** A date, a separator and the time of day, all without one. */
const COMPACT = /^(\d{4}\d\d\d\d)(?:(T| |_|-)?(\d{4}|\d{6}|\d\d:\d\d(?::\d\d)?)([.,]\d+)?(Z|[+-]\d\d:?\d\d)?)?$/;

const WEEKDAY = '(?:(?<weekday>[A-Za-z]{3,9})(?<afterWeekday>,? +))?';
const DATE =
  '(?<date>(?:\\d{1,4}|[A-Za-z]{3,9})(?:(?<between>[/.\\- ])(?:\\d{1,2}|[A-Za-z]{3,9})(?:,? |[/.-])\\d{1,4}))';
const TIME =
  '(?<time>\\d{1,2}(?<colon>[:.])\\d{1,2}(?:\\k<colon>\\d{1,2}(?<fraction>[.,:]\\d+)?)?)(?<half> ?[ap](?:m|\\.[ \\u00a0\\u202f]?m\\.)?)?(?<offset> ?(?:UTC|GMT|Z|[+-]\\d\\d(?::?\\d\\d)?))?';
const DATE_FIRST = new RegExp(`^${WEEKDAY}${DATE}(?:(?<separator>T|,? +|[_;,-])${TIME})?$`, 'i');
const TIME_FIRST = new RegExp(`^${TIME}(?<separator>,? +)${WEEKDAY}${DATE}$`, 'i');
const NAME = /^[a-z]/i;

type Groups = Partial<Record<string, string>>;

/** Returns the formats that read a text, the simplest first. They read no time at which nothing has been recorded. */
export function candidatesFor(text: string): TimeFormat[] {
  const iso = timeFormat('iso');
  const dates = iso.parse(text) ? [iso] : datesOf(text).map(dateFormat);
  return [...NUMBERS, ...dates].filter((format) => format.parse(text));
}

const NUMBERS = [
  ...UNIX.map(({ name, whole }) => onlyPlausible(name, (text) => whole.test(text))),
  onlyPlausible('excel', (text) => {
    const days = Number(DAYS.exec(text)?.[1]);
    return days >= EXCEL_FIRST && days < EXCEL_LAST;
  }),
];

/** `31/01/26` is not in 2031. */
function dateFormat(name: string): TimeFormat {
  const format = timeFormat(name);
  const yearOf = (text: string) => new Date(format.parse(text)?.milliseconds ?? 0).getUTCFullYear();
  return name.startsWith('%y')
    ? onlyPlausible(name, (text) => yearOf(text) <= new Date().getUTCFullYear() + 1)
    : format;
}

function onlyPlausible(name: string, isPlausible: (text: string) => boolean): TimeFormat {
  const format = timeFormat(name);
  return { name, parse: (text) => (isPlausible(text) ? format.parse(text) : undefined) };
}

function datesOf(text: string): string[] {
  const compact = COMPACT.exec(text);
  if (compact) {
    const [, , separator = '', time = '', fraction = '', offset] = compact;
    const colon = time.includes(':') ? ':' : '';
    const clock = ['%H', '%M', '%S'].slice(0, time.replaceAll(':', '').length / 2).join(colon);
    const hasFraction = fraction !== '' && clock.endsWith('%S');
    return [`%Y%m%d${separator}${clock}${hasFraction ? '.%f' : ''}${offset ? '%z' : ''}`];
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
  // Nobody writes the month first before dots.
  const monthFirst = before === '.' ? [] : [join('m', 'd', year)];
  return [join('d', 'm', year), ...monthFirst, ...yearFirst];
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
