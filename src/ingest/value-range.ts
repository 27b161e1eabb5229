/** The share of the width of the data by which a range exceeds it, on both sides. */
const MARGIN = 0.1;

/**
 * Returns the range of an event: what is given of it, and around its values where it is not, in round numbers.
 * @param values the least and the greatest; undefined without finite ones
 */
export function rangeAround(
  values: { least: number; greatest: number } | undefined,
  { min, max }: { min?: number; max?: number },
): [min: number, max: number] {
  const { least, greatest } = values ?? { least: min ?? max ?? 0, greatest: max ?? min ?? 0 };
  const width = greatest - least;
  // The later ones are for numbers so large or so small that the sum would not differ from them, or overflow.
  for (const margin of [width > 0 ? width * MARGIN : 1, Math.abs(greatest) * MARGIN, 1]) {
    const step = 10 ** Math.floor(Math.log10(margin));
    const low = min ?? bounded(Math.floor(rounded((least - margin) / step)) * step);
    const high = max ?? bounded(Math.ceil(rounded((greatest + margin) / step)) * step);
    if (low < high && (min !== undefined || low <= least) && (max !== undefined || high >= greatest)) {
      return [low, high];
    }
  }
  // One bound is given, and no value is on its side of it; or both are, and contradict each other.
  return [min ?? (max ?? 0) - 1, max ?? (min ?? 0) + 1];
}

function bounded(value: number): number {
  return Math.min(Math.max(rounded(value), -Number.MAX_VALUE), Number.MAX_VALUE);
}

/** Without the digits that only come from the fractions of binary numbers. */
function rounded(value: number): number {
  return Number(value.toPrecision(14));
}
