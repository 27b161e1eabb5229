import type { ReadingOptions } from '../../../src/ingest/plan/reading-options.ts';

/** A value, at an instant in microseconds since 1970. */
export interface Reading {
  event: string;
  at: number;
  value: number;
}

/** How a logger writes its files; `read` and `events` are how a person reads them. */
export interface Form {
  name: string;
  /** What the file does not say. */
  options?: ReadingOptions;
  delimiter?: string;
  decimal?: ',';
  quoted?: boolean;
  lineEnd?: string;
  encoding?: 'latin1' | 'utf16le';
  above?: readonly string[];
  titles: readonly string[];
  below?: readonly string[];
  footer?: readonly string[];
  /** The first instant, and the milliseconds between rows. */
  start?: number;
  step?: number;
  time: Clock;
  /** The events of the columns, or of the names in a column. */
  events: Readonly<Record<string, string>>;
  /** The titles of the columns with the names of events and their values, of a file without a column per event. */
  long?: { name: string; value: string };
  /** The cells of the lines for one instant. */
  lines(time: readonly string[], put: (event: string, missing?: string) => string, row: number): string[][];
}

/** How times are written and read. */
export interface Clock {
  titles: readonly string[];
  write(milliseconds: number): string[];
  /** Returns microseconds since 1970; `undefined` if it is not a time. */
  read(text: string): number | undefined;
  /** The same with day and month in the other order. */
  swapped?: Clock;
}

export interface LoggerFile {
  form: Form;
  text: string;
  bytes: Buffer;
  readings: Reading[];
}

/** 31 January: the order of day and month is certain. */
const START = Date.UTC(2026, 0, 31, 12);

/** Writes a file of so many instants. */
export function fileOf(form: Form, rows: number): LoggerFile {
  const { start = START, step = 60_000, delimiter = ',', lineEnd = '\n', footer = [] } = form;
  const readings: Reading[] = [];
  const body = Array.from({ length: rows }, (_, row) => {
    const at = start + row * step;
    let column = 0;
    const put = (event: string, missing?: string) => {
      column++;
      if (missing !== undefined) {
        return missing;
      }
      const value = (((row * 37 + column * 211) % 1000) - 200) / 10;
      readings.push({ event, at: at * 1000, value });
      return form.decimal ? value.toFixed(1).replace('.', ',') : value.toFixed(1);
    };
    return form.lines(form.time.write(at), put, row).map((cells) => record(cells, form, delimiter));
  });
  const header = form.titles.length > 0 ? [record(form.titles, form, delimiter)] : [];
  const lines = [...(form.above ?? []), ...header, ...(form.below ?? []), ...body.flat(), ...footer];
  const text = lines.map((line) => line + lineEnd).join('');
  return { form, text, bytes: Buffer.from(text, form.encoding ?? 'utf8'), readings };
}

function record(cells: readonly string[], { quoted }: Form, delimiter: string): string {
  const isText = (cell: string) => (quoted ? !/^-?[\d.]+$/.test(cell) : cell.includes(delimiter));
  return cells.map((cell) => (isText(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)).join(delimiter);
}

/**
 * A clock that writes and reads a pattern of letters: `D.M.Y h:m:s`, with `y` for two digits of the year, `f` for milliseconds,
 * `I` and `p` for 12 hours.
 * @param offset of the clock, in minutes
 */
export function clock(titles: readonly string[], pattern: string, offset = 0, isSwapped = false): Clock {
  const parts = pattern.split('|');
  const read = reader(parts.join(' '), offset);
  const other = pattern.replace(/D([./])M|M([./])D/, (found) => [...found].reverse().join(''));
  return {
    titles,
    write: (at) => parts.map((part) => written(part, at + offset * 60_000)),
    read,
    ...(other !== pattern &&
      pattern.search(/[Yy]/) > 0 &&
      !isSwapped && { swapped: clock(titles, other, offset, true) }),
  };
}

function written(pattern: string, local: number): string {
  const date = new Date(local);
  const two = (number: number) => String(number).padStart(2, '0');
  const hours = date.getUTCHours();
  const letters: Record<string, string> = {
    Y: String(date.getUTCFullYear()),
    y: two(date.getUTCFullYear() % 100),
    M: two(date.getUTCMonth() + 1),
    D: two(date.getUTCDate()),
    h: two(hours),
    I: two(hours % 12 || 12),
    m: two(date.getUTCMinutes()),
    s: two(date.getUTCSeconds()),
    f: String(date.getUTCMilliseconds()).padStart(3, '0'),
    p: hours < 12 ? 'AM' : 'PM',
  };
  return pattern.replace(/'([^']*)'|[YyMDhImsfp]/g, (letter, text) => text ?? letters[letter]);
}

function reader(pattern: string, offset: number): Clock['read'] {
  const letters: string[] = [];
  const source = pattern.replace(/'([^']*)'|[YyMDhImsfp]|[.+()]/g, (letter, text) => {
    if (text !== undefined) {
      return text.replace(/[.+()]/g, '\\$&');
    }
    if (/[.+()]/.test(letter)) {
      return `\\${letter}`;
    }
    letters.push(letter);
    return { Y: '(\\d{4})', p: '([AaPp][Mm])', f: '(\\d{1,9})' }[letter as string] ?? '(\\d{1,2})';
  });
  const whole = new RegExp(`^${source}$`);
  return (text) => {
    const found = whole.exec(text.trim().replace(/ +/g, ' '));
    if (!found) {
      return undefined;
    }
    const cell = (letter: string) => found[letters.indexOf(letter) + 1] ?? '';
    const number = (letter: string, otherwise = 0) => (letters.includes(letter) ? Number(cell(letter)) : otherwise);
    const year = letters.includes('y') ? 2000 + number('y') - (number('y') > 68 ? 100 : 0) : number('Y');
    const half = cell('p').toLowerCase() === 'pm' ? 12 : 0;
    const hour = letters.includes('I') ? (number('I') % 12) + half : number('h');
    const [month, day, minute, second] = [number('M'), number('D'), number('m'), number('s')];
    const isClock = hour < 24 || (hour === 24 && minute === 0 && second === 0);
    const exists = new Date(utc(year, month, day) / 1000).getUTCDate() === day && month >= 1 && month <= 12;
    const isHalf = !letters.includes('I') || (number('I') >= 1 && number('I') <= 12);
    if (!exists || !isClock || !isHalf || minute > 59 || second > 59) {
      return undefined;
    }
    const fraction = letters.includes('f') ? Math.round(Number(`0.${cell('f')}`) * 1e6) : 0;
    return utc(year, month, day, (hour * 60 + minute - offset) * 60 + second) + fraction;
  };
}

/** In microseconds since 1970; `Date.UTC` takes a year below 100 for one of the last century. */
export function utc(year: number, month: number, day: number, seconds = 0): number {
  return (new Date(0).setUTCFullYear(year, month - 1, day) + seconds * 1000) * 1000;
}
