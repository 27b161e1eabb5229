const PLUS = 0x2b;
const DASH = 0x2d;
const DOT = 0x2e;
const COMMA = 0x2c;
const ZERO = 0x30;
const ONE = 0x31;
const FIVE = 0x35;
const NINE = 0x39;
const LETTER_E = 0x65;

/** Writes a number that PostgreSQL prints, such as `-1.5e-05`; returns the end position. */
export type WriteNumber = (bytes: Buffer, start: number, end: number, out: Buffer, at: number) => number;

export const MAX_DIGITS = 15;

export interface NumberForm {
  /** The sign before the decimals: a dot by default. */
  decimal?: '.' | ',';
  /** How many decimals each number has, 0 to `MAX_DIGITS`; by default as many as are needed to read the same number again. */
  digits?: number;
}

/** By how many bytes a number can grow. */
export function numberGrowth({ digits = 0 }: NumberForm): number {
  return digits + 3;
}

/**
 * Returns what writes numbers in a form, or `undefined` where PostgreSQL does already. What is rounded is the decimal number that
 * PostgreSQL prints, half away from zero, as its `round(numeric, n)` and spreadsheets do: 1.005 is 1.01 with two decimals. Numbers
 * from 1e15, which have no decimals, NaN and infinities stay as they are; a zero has no sign.
 */
export function numberWriter({ decimal = '.', digits }: NumberForm): WriteNumber | undefined {
  const point = decimal === ',' ? COMMA : DOT;
  if (digits !== undefined) {
    return (bytes, start, end, out, at) => writeRounded(bytes, start, end, out, at, digits, point);
  }
  return decimal === '.'
    ? undefined
    : (bytes, start, end, out, at) => {
        for (let from = start; from < end; from++) {
          const byte = bytes[from] ?? 0;
          out[at + from - start] = byte === DOT ? point : byte;
        }
        return at + end - start;
      };
}

function writeRounded(
  bytes: Buffer,
  start: number,
  end: number,
  out: Buffer,
  at: number,
  digits: number,
  point: number,
): number {
  const exponent = bytes.subarray(start, end).indexOf(LETTER_E);
  if (!isDigit(bytes[end - 1]) || (exponent > 0 && bytes[start + exponent + 1] === PLUS)) {
    return at + bytes.copy(out, at, start, end);
  }
  if (exponent > 0) {
    const plain = withoutExponent(bytes.toString('latin1', start, end));
    return writeRounded(plain, 0, plain.length, out, at, digits, point);
  }
  let from = start;
  let to = at;
  while (from < end && bytes[from] !== DOT) {
    out[to++] = bytes[from++] ?? 0;
  }
  if (digits > 0) {
    out[to++] = point;
  }
  const stop = to + digits;
  for (from++; to < stop; from++) {
    out[to++] = from < end ? (bytes[from] ?? ZERO) : ZERO;
  }
  if (from < end && (bytes[from] ?? ZERO) >= FIVE) {
    to = increment(out, at, to);
  }
  if (out[at] === DASH && isZero(out, at, to)) {
    out.copyWithin(at, at + 1, to--);
  }
  return to;
}

/** Adds one to the last digit; returns the end position. */
function increment(out: Buffer, start: number, end: number): number {
  for (let at = end - 1; at >= start; at--) {
    const byte = out[at];
    if (byte === NINE) {
      out[at] = ZERO;
    } else if (isDigit(byte)) {
      out[at] = (byte ?? ZERO) + 1;
      return end;
    } else if (byte === DASH) {
      break;
    }
  }
  const first = out[start] === DASH ? start + 1 : start;
  out.copyWithin(first + 1, first, end);
  out[first] = ONE;
  return end + 1;
}

function isZero(out: Buffer, start: number, end: number): boolean {
  for (let at = start; at < end; at++) {
    const byte = out[at];
    if (byte !== ZERO && isDigit(byte)) {
      return false;
    }
  }
  return true;
}

/** `-1.5e-05` as `-0.000015`. */
function withoutExponent(text: string): Buffer {
  const [, sign = '', digits = '', exponent = ''] = /^(-?)([\d.]+)e-(\d+)$/.exec(text) ?? [];
  return Buffer.from(`${sign}0.${'0'.repeat(Number(exponent) - 1)}${digits.replace('.', '')}`);
}

export function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= ZERO && byte <= NINE;
}
