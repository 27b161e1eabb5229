const ZERO = 0x30;
const PLUS = 0x2b;
const DASH = 0x2d;
const DOT = 0x2e;
const COLON = 0x3a;
const SPACE = 0x20;
const LETTER_T = 0x54;

/** How times are written. */
export const TIME_FORMATS = ['fixed', 'server'] as const;
export type TimeFormat = (typeof TIME_FORMATS)[number];

/**
 * Writes a time that PostgreSQL prints as `2026-01-01 00:00:00.5+00`; returns the end position. A time without such a form
 * (`infinity`, years before 1 or after 9999) is copied as PostgreSQL prints it, which PostgreSQL also reads.
 */
export type WriteTime = (bytes: Buffer, start: number, end: number, out: Buffer, at: number) => number;

/** No format makes a time longer by more bytes. */
export const TIME_GROWTH = 16;

export const WRITE_TIME: Record<TimeFormat, WriteTime> = {
  /** `2026-01-01T00:00:00.500000+00:00`, always with six digits, so that every time of a file has the same form. */
  fixed: (bytes, start, end, out, at) => writeIso(bytes, start, end, out, at, true),
  /** The same with six digits or no fraction, as the server writes it. */
  server: (bytes, start, end, out, at) => writeIso(bytes, start, end, out, at, false),
};

function writeIso(bytes: Buffer, start: number, end: number, out: Buffer, at: number, always: boolean): number {
  let from = start;
  let to = at;
  const plain = bytes[start + 4] === DASH && bytes[start + 10] === SPACE && bytes[end - 3] === PLUS;
  if (!plain) {
    while (from < end) {
      out[to++] = bytes[from++] ?? 0;
    }
    return to;
  }
  const seconds = start + 19;
  while (from < seconds) {
    out[to++] = bytes[from++] ?? 0;
  }
  out[at + 10] = LETTER_T;
  const hasFraction = bytes[from] === DOT;
  if (hasFraction || always) {
    const fraction = to + 7;
    out[to++] = DOT;
    for (from += hasFraction ? 1 : 0; bytes[from] !== PLUS; from++) {
      out[to++] = bytes[from] ?? 0;
    }
    while (to < fraction) {
      out[to++] = ZERO;
    }
  }
  out[to] = PLUS;
  out[to + 1] = ZERO;
  out[to + 2] = ZERO;
  out[to + 3] = COLON;
  out[to + 4] = ZERO;
  out[to + 5] = ZERO;
  return to + 6;
}
