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
 * Picks fields of rows in the text format of COPY.
 * @param rows whole rows
 * @param positions of the fields of a row, in the order in which they are wanted
 */
export function pickFields(rows: Buffer, positions: readonly number[], replaced?: Replacement): Buffer {
  const out: Buffer[] = [];
  const separators = positions.map((_, at) => Buffer.from(at === positions.length - 1 ? '\n' : '\t'));
  const [from, to] = [Buffer.from(replaced?.from ?? ''), Buffer.from(replaced?.to ?? '')];
  for (const starts of fieldsIn(rows)) {
    for (const [index, position] of positions.entries()) {
      const field = rows.subarray(starts[position], (starts[position + 1] ?? 0) - 1);
      out.push(index === replaced?.at && field.equals(from) ? to : field, separators[index] ?? from);
    }
  }
  return Buffer.concat(out);
}

/** Counts the rows of which two fields differ; if there is no second one, all. */
export function countDifferent(rows: Buffer, position: number, other: number): number {
  const field = (starts: readonly number[], at: number) => rows.subarray(starts[at], (starts[at + 1] ?? 0) - 1);
  let count = 0;
  for (const starts of fieldsIn(rows)) {
    count += Number(other < 0 || !field(starts, position).equals(field(starts, other)));
  }
  return count;
}

/** Yields for each row where its fields start, and where one after the last would: a tab always ends a field, a line feed a row. */
function* fieldsIn(rows: Buffer): Generator<number[]> {
  for (let start = 0; start < rows.length; ) {
    const starts = [start];
    let at = start;
    for (; rows[at] !== LINE_FEED; at++) {
      if (rows[at] === TAB) {
        starts.push(at + 1);
      }
    }
    start = at + 1;
    starts.push(start);
    yield starts;
  }
}
