/** The heights of a column, from the least value to the greatest. */
const BLOCKS = '▁▂▃▄▅▆▇█';
const ASCII = '_.:-=+*#';

/** The least and the greatest value of a column; without one, nothing was measured. */
interface Extremes {
  min: number | undefined;
  max: number | undefined;
}

/**
 * Draws values as one line, a character each, from the least to the greatest; what is missing or not finite is blank.
 * @param ascii whether the terminal shows nothing else
 */
export function sparkline(values: readonly (number | undefined)[], { ascii }: { ascii: boolean }): string {
  const levels = ascii ? ASCII : BLOCKS;
  const { min = 0, max = 0 } = rangeOf(values);
  return values
    .map((value) => {
      if (value === undefined || !Number.isFinite(value)) {
        return ' ';
      }
      // Halves, for the difference of two large values may be infinite. Equal values are neither low nor high.
      const height = max > min ? (value / 2 - min / 2) / (max / 2 - min / 2) : 0.5;
      return levels[Math.min(levels.length - 1, Math.floor(height * levels.length))];
    })
    .join('');
}

/** Returns a value for each column: the extreme that is further from the middle of all, so that no peak is lost. */
export function peaks(columns: readonly (Extremes | undefined)[]): (number | undefined)[] {
  const { min = 0, max = 0 } = rangeOf(columns.flatMap((column) => [column?.min, column?.max]));
  const middle = min / 2 + max / 2;
  return columns.map((column) => {
    if (column?.min === undefined || column.max === undefined) {
      return undefined;
    }
    return middle - column.min > column.max - middle ? column.min : column.max;
  });
}

function rangeOf(values: readonly (number | undefined)[]): Partial<Extremes> {
  const range: Partial<Extremes> = {};
  for (const value of values) {
    if (value !== undefined && Number.isFinite(value)) {
      range.min = Math.min(range.min ?? value, value);
      range.max = Math.max(range.max ?? value, value);
    }
  }
  return range;
}
