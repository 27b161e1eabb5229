const DIGITS = 6;
const NARROW_SPACE = '\u202f';

/** Formats a value with six digits at most: `505.84`, `6.183e-6`. */
export function valueText(value: number | null | undefined, digits = DIGITS): string {
  if (value === undefined || value === null || Number.isNaN(value)) {
    return '–';
  }
  const short = Number(value.toPrecision(digits));
  const magnitude = Math.abs(short);
  const isPlain = magnitude === 0 || (magnitude >= 1e-4 && magnitude < 1e9);
  return (isPlain ? String(short) : short.toExponential()).replace('e+', 'e').replace('-', '−');
}

/** Formats what a curve does at one place: `35.7`, or `35.7 … 37.5`. */
export function spanText(low: number, high: number): string {
  const [from, to] = [valueText(low), valueText(high)];
  return from === to ? from : `${from} … ${to}`;
}

/** Formats a whole number: `997 595`. */
export function countText(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, NARROW_SPACE);
}

/** Returns the shortest decimal number that is this value in the precision of its array. */
export function exactText(value: number, isSingle: boolean): string {
  for (let digits = 6; isSingle && digits < 10; digits += 1) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) {
      return String(short);
    }
  }
  return String(value);
}

/** `1 row`, `2 rows`. */
export function counted(count: number, noun: string): string {
  return `${countText(count)} ${noun}${count === 1 ? '' : 's'}`;
}
