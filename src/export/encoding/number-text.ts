const DASH = 0x2d;
const DOT = 0x2e;
const COMMA = 0x2c;

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
  const text = bytes.toString('latin1', start, end);
  const [, sign, whole = '', fraction = '', exponent = '0'] = /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]\d+))?$/.exec(text) ?? [];
  if (sign === undefined || Number(exponent) > 0) {
    return at + bytes.copy(out, at, start, end);
  }
  // Moves the point so that the decimals to keep are those of a whole number.
  const moved = whole.length + Number(exponent) + digits;
  const all = whole + fraction;
  const kept = BigInt(moved > 0 ? all.slice(0, moved).padEnd(moved, '0') : 0);
  const rounded = moved >= 0 && (all[moved] ?? '0') >= '5' ? kept + 1n : kept;
  const shown = String(rounded).padStart(digits + 1, '0');
  let to = at;
  if (sign && rounded !== 0n) {
    out[to++] = DASH;
  }
  to += out.write(shown.slice(0, shown.length - digits), to);
  if (digits > 0) {
    out[to++] = point;
    to += out.write(shown.slice(-digits), to);
  }
  return to;
}
