import { type Instant, InstantReader } from './instant.ts';

const ZERO = 0x30;
const PLUS = 0x2b;
const DASH = 0x2d;
const DOT = 0x2e;
const COMMA = 0x2c;
const COLON = 0x3a;
const SPACE = 0x20;
const LETTER_C = 0x43;
const LETTER_T = 0x54;

/**
 * How times are written:
 * - `fixed`: `2026-01-01T00:00:00.500000+00:00`, always with six digits, so that every time of a file has the same form
 * - `iso`: the same with as many digits as there are
 * - `server`: the same with six digits or no fraction, as the server writes it
 * - `epoch`, `epoch-ms`: seconds or milliseconds since 1970
 * - `excel`: days since 1900, as spreadsheets count them, in local time
 * - `relative`: seconds since the start of the experiment
 */
export const TIME_FORMATS = ['fixed', 'iso', 'server', 'epoch', 'epoch-ms', 'excel', 'relative'] as const;
export type TimeFormat = (typeof TIME_FORMATS)[number];

export interface TimeForm {
  /** `sheet` is a date that a spreadsheet recognises in text: local time to the millisecond, without an offset. */
  format: TimeFormat | 'sheet';
  /** The time zone of local times and their offsets: a name, or an offset such as `+01:00`; UTC by default. */
  timezone?: string;
}

/**
 * Writes a time that PostgreSQL prints as `2026-01-01 00:00:00.5+00`; returns the end position. What the format has no form for
 * (`infinity`, and in texts the years before 1 and after 9999) is copied as PostgreSQL prints it, which PostgreSQL also reads.
 */
export type WriteTime = (bytes: Buffer, start: number, end: number, out: Buffer, at: number) => number;

/** No format makes a time longer by more bytes. */
export const TIME_GROWTH = 16;

/** Whether times are numbers, except for `infinity`. */
export function isNumeric({ format }: TimeForm): boolean {
  return ['epoch', 'epoch-ms', 'excel', 'relative'].includes(format);
}

/** Whether the time zone makes a difference. */
export function hasZone({ format }: TimeForm): boolean {
  return !['epoch', 'epoch-ms', 'relative'].includes(format);
}

export interface WriteTimeOptions {
  /** The sign before a fraction; ISO 8601 always has a dot. */
  decimal: '.' | ',';
  /** What `relative` counts from. */
  origin: Instant;
  /** Called for each time whose microseconds `sheet` leaves out. */
  onCut(): void;
}

export function timeWriter({ format }: TimeForm, { decimal, origin, onCut }: WriteTimeOptions): WriteTime {
  const point = decimal === ',' ? COMMA : DOT;
  switch (format) {
    case 'fixed':
      return writeFixed;
    case 'iso':
      return (bytes, start, end, out, at) => writeIso(bytes, start, end, out, at, 0, 0);
    case 'server':
      return (bytes, start, end, out, at) => writeIso(bytes, start, end, out, at, 0, 6);
    case 'sheet':
      return (bytes, start, end, out, at) => writeSheet(bytes, start, end, out, at, point, onCut);
    case 'epoch':
      return numeric((instant, out, at) => writeDecimal(instant.seconds, instant.micros, 6, point, out, at));
    case 'epoch-ms':
      return numeric(({ seconds, micros }, out, at) => {
        const milliseconds = Math.floor(micros / 1000);
        return writeDecimal(seconds * 1000 + milliseconds, micros - milliseconds * 1000, 3, point, out, at);
      });
    case 'excel':
      return numeric(({ seconds, micros }, out, at) => {
        const days = Math.floor(seconds / DAY);
        const ofDay = (seconds - days * DAY) * 1e6 + micros;
        // Who reads fewer digits may take them for those of a spreadsheet, and round to milliseconds.
        const keep = micros % 1000 > 0 ? EXCEL_DIGITS : 0;
        return writeDecimal(days + EXCEL_DAYS, Math.round((ofDay * 10_000) / 864), EXCEL_DIGITS, point, out, at, keep);
      });
    case 'relative':
      return numeric(({ seconds, micros }, out, at) => {
        const borrow = micros < origin.micros ? 1 : 0;
        const rest = micros - origin.micros + borrow * 1e6;
        return writeDecimal(seconds - origin.seconds - borrow, rest, 6, point, out, at);
      });
  }
}

const DAY = 86_400;
/** The days from the start of a spreadsheet's calendar to 1970. */
const EXCEL_DAYS = 25_569;
/** A microsecond is a bit more than the 11th digit. */
const EXCEL_DIGITS = 12;

/**
 * @param least how many digits of a second there are at least
 * @param some how many there are at least if there is any other than 0
 */
function writeIso(
  bytes: Buffer,
  start: number,
  end: number,
  out: Buffer,
  at: number,
  least: 0 | 6,
  some: 0 | 6,
): number {
  if (!isPlain(bytes, start, end)) {
    return copy(bytes, start, end, out, at);
  }
  let to = copy(bytes, start, start + 19, out, at);
  out[at + 10] = LETTER_T;
  const offset = offsetStart(bytes, end);
  const digits = Math.max(0, offset - start - 20);
  const shown = digits > 0 ? Math.max(digits, some) : least;
  if (shown > 0) {
    out[to++] = DOT;
    to = copy(bytes, start + 20, start + 20 + digits, out, to);
    for (let zeros = shown - digits; zeros > 0; zeros--) {
      out[to++] = ZERO;
    }
  }
  to = copy(bytes, offset, end, out, to);
  return end - offset === 3 ? writeMinutes(out, to) : to;
}

function writeMinutes(out: Buffer, at: number): number {
  out[at] = COLON;
  out[at + 1] = ZERO;
  out[at + 2] = ZERO;
  return at + 3;
}

/** The same as `writeIso` with six digits always, in one piece for offsets such as `+00`: it runs for nearly each row of most exports. */
function writeFixed(bytes: Buffer, start: number, end: number, out: Buffer, at: number): number {
  if (bytes[start + 4] !== DASH || bytes[start + 10] !== SPACE || bytes[end - 3] !== PLUS) {
    return writeIso(bytes, start, end, out, at, 6, 6);
  }
  let from = start;
  let to = at;
  const seconds = start + 19;
  while (from < seconds) {
    out[to++] = bytes[from++] ?? 0;
  }
  out[at + 10] = LETTER_T;
  const fraction = to + 7;
  out[to++] = DOT;
  for (from += bytes[from] === DOT ? 1 : 0; bytes[from] !== PLUS; from++) {
    out[to++] = bytes[from] ?? 0;
  }
  while (to < fraction) {
    out[to++] = ZERO;
  }
  out[to] = PLUS;
  out[to + 1] = bytes[end - 2] ?? 0;
  out[to + 2] = bytes[end - 1] ?? 0;
  return writeMinutes(out, to + 3);
}

/** Whether it has the form `2026-01-01 00:00:00.5+00`. */
function isPlain(bytes: Buffer, start: number, end: number): boolean {
  return bytes[start + 4] === DASH && bytes[start + 10] === SPACE && bytes[end - 1] !== LETTER_C;
}

/** The offset is `+01`, `+05:30` or `-04:56:02`. */
function offsetStart(bytes: Buffer, end: number): number {
  if (isSign(bytes[end - 3])) {
    return end - 3;
  }
  return isSign(bytes[end - 6]) ? end - 6 : end - 9;
}

function isSign(byte: number | undefined): boolean {
  return byte === PLUS || byte === DASH;
}

function writeSheet(
  bytes: Buffer,
  start: number,
  end: number,
  out: Buffer,
  at: number,
  point: number,
  onCut: () => void,
): number {
  if (!isPlain(bytes, start, end)) {
    return copy(bytes, start, end, out, at);
  }
  let to = copy(bytes, start, start + 19, out, at);
  const offset = offsetStart(bytes, end);
  const fraction = bytes.toString('latin1', start + 20, offset);
  if (fraction.length > 3) {
    onCut();
  }
  if (Number(fraction.slice(0, 3)) > 0) {
    out[to++] = point;
    to += out.write(fraction.slice(0, 3).padEnd(3, '0'), to);
  }
  return to;
}

function numeric(write: (instant: Instant, out: Buffer, at: number) => number): WriteTime {
  const reader = new InstantReader();
  return (bytes, start, end, out, at) =>
    reader.read(bytes, start, end) ? write(reader, out, at) : copy(bytes, start, end, out, at);
}

/** Writes `whole` plus `fraction` of 10 to the power of `digits`, without zeros at its end beyond `keep` digits. */
function writeDecimal(
  whole: number,
  fraction: number,
  digits: number,
  point: number,
  out: Buffer,
  at: number,
  keep = 0,
): number {
  let [integer, rest] = [whole, fraction];
  let to = at;
  if (whole < 0) {
    out[to++] = DASH;
    [integer, rest] = fraction === 0 ? [-whole, 0] : [-whole - 1, 10 ** digits - fraction];
  }
  to += out.write(String(integer), to);
  if (rest > 0) {
    out[to++] = point;
    to += out.write(fractionText(rest, digits, keep), to);
  }
  return to;
}

function copy(bytes: Buffer, start: number, end: number, out: Buffer, at: number): number {
  let to = at;
  for (let from = start; from < end; from++) {
    out[to++] = bytes[from] ?? 0;
  }
  return to;
}

function fractionText(fraction: number, digits: number, keep: number): string {
  const text = String(fraction).padStart(digits, '0');
  return keep === digits ? text : text.replace(/0+$/, '');
}
