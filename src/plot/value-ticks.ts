/** A place on an axis that has a label. */
export interface ValueTick {
  at: number;
  label: string;
}

/** What an axis of values shows. */
export interface ValueRange {
  min: number;
  max: number;
}

/** More digits than this before or after the point are written with an exponent. */
const MAX_DIGITS = 6;
/** A double has no more steps than these between its neighbours in magnitude. */
const FINEST = 2 ** -50;

/** Returns a range that an axis can show: around a single value, where all are equal. */
export function rangeOf(min: number, max: number): ValueRange {
  const room = min === max ? Math.abs(min) * 0.1 || 1 : 0;
  return { min: Math.max(min - room, -Number.MAX_VALUE), max: Math.min(max + room, Number.MAX_VALUE) };
}

/** Returns where a value is within a range: 0 at its least, 1 at its greatest. */
export function placeIn(value: number, { min, max }: ValueRange): number {
  // Halves, for the difference may be larger than the largest number.
  return (value / 2 - min / 2) / (max / 2 - min / 2);
}

/**
 * Returns round values (1, 2 or 5 times a power of ten apart) within a range of finite values, with labels that have as many
 * decimals as tell them apart.
 * @param most at least 2
 */
export function valueTicks({ min, max }: ValueRange, most: number): ValueTick[] {
  const largest = Math.max(Math.abs(min), Math.abs(max));
  // Halves, for the difference may be larger than the largest number.
  const span = Math.max((max / 2 - min / 2) / (most / 2), largest * FINEST, Number.MIN_VALUE);
  const { digit, exponent } = roundStep(span);
  const step = Number(`${digit}e${exponent}`);
  const first = Math.ceil(min / step);
  const ticks: ValueTick[] = [];
  for (let each = 0; each <= most; each++) {
    // By its decimal text, for 3 * 0.1 is not 0.3.
    const at = Number(`${(first + each) * digit}e${exponent}`);
    if (at >= min && at <= max && at !== ticks.at(-1)?.at) {
      ticks.push({ at, label: valueLabel(at, exponent, largest) });
    }
  }
  return ticks;
}

/** Returns the least round step that is not below this one. */
function roundStep(least: number): { digit: number; exponent: number } {
  const exponent = Math.floor(Math.log10(least));
  const digit = [1, 2, 5].find((each) => Number(`${each}e${exponent}`) >= least);
  return digit === undefined ? { digit: 1, exponent: exponent + 1 } : { digit, exponent };
}

/**
 * @param exponent of the step between labels, as a power of ten
 * @param largest the largest magnitude on the axis
 */
function valueLabel(value: number, exponent: number, largest: number): string {
  const magnitude = Math.floor(Math.log10(largest));
  if (exponent >= -MAX_DIGITS && magnitude <= MAX_DIGITS) {
    return value.toFixed(Math.max(0, -exponent));
  }
  if (value === 0) {
    return '0';
  }
  const digits = Math.floor(Math.log10(Math.abs(value))) - exponent;
  return value.toExponential(Math.min(Math.max(0, digits), 17)).replace('e+', 'e');
}
