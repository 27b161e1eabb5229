const TAB = 9;
const LINE_FEED = 10;

/** Writes another value in place of one. */
export interface Replacement {
  /** The position of the field among those that are picked. */
  at: number;
  from: string;
  to: string;
}

/**
 * Picks fields of rows in the text format of COPY, in which a tab always ends a field and a line feed a row.
 * @param rows whole rows
 * @param positions of the fields of a row, in the order in which they are wanted
 */
export function pickFields(rows: Buffer, positions: readonly number[], replaced?: Replacement): Buffer {
  const out: Buffer[] = [];
  const separators = positions.map((_, at) => Buffer.from(at === positions.length - 1 ? '\n' : '\t'));
  const [from, to] = [Buffer.from(replaced?.from ?? ''), Buffer.from(replaced?.to ?? '')];
  for (let start = 0; start < rows.length; ) {
    // Where fields start, and one after the last.
    const starts = [start];
    let at = start;
    for (; rows[at] !== LINE_FEED; at++) {
      if (rows[at] === TAB) {
        starts.push(at + 1);
      }
    }
    starts.push(at + 1);
    for (const [index, position] of positions.entries()) {
      const field = rows.subarray(starts[position], (starts[position + 1] ?? 0) - 1);
      out.push(index === replaced?.at && field.equals(from) ? to : field, separators[index] ?? from);
    }
    start = at + 1;
  }
  return Buffer.concat(out);
}
