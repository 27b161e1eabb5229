import { jsonText } from '../text/json.ts';

/** A streamed table is printed in parts, each with its own column widths. */
export const ROWS_PER_PART = 500;

/** Groups rows as they arrive; if they end with an error, the last group is smaller. */
export async function* batched<Row>(rows: AsyncIterable<Row>, size: number): AsyncGenerator<Row[]> {
  let batch: Row[] = [];
  try {
    for await (const row of rows) {
      if (batch.push(row) === size) {
        yield batch;
        batch = [];
      }
    }
  } finally {
    if (batch.length > 0) {
      yield batch;
    }
  }
}

/** Returns items of a JSON array, with what is in front of each; without indentation, each is on a line. */
export function jsonItems(items: readonly unknown[], first: boolean, indent: number | undefined): string {
  const gap = indent ? '\n  ' : '';
  return items
    .map((item, at) => {
      const before = first && at === 0 ? `[${gap}` : `,${gap || '\n'}`;
      return `${before}${jsonText(item, indent).replaceAll('\n', '\n  ')}`;
    })
    .join('');
}
