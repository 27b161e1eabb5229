import type { RecordRows } from './form.ts';
import type { ReorderBuffer, SliceBuffer } from './reorder-buffer.ts';

const LINE_FEED = 0x0a;

/** Hands on rows as they are read, for what needs them in order over all slices. */
export function rawRows(output: SliceBuffer): RecordRows {
  return {
    row(bytes, start, end) {
      const chunk = output.chunk(end - start);
      chunk.length += bytes.copy(chunk.bytes, chunk.length, start, end);
    },
    room: () => output.room(),
    end() {},
  };
}

/** Passes all rows that `rawRows` handed on to `rows`. In the text format of COPY a line end is never part of a value. */
export async function inSequence(from: ReorderBuffer, rows: RecordRows): Promise<void> {
  for await (const chunk of from.chunks()) {
    const bytes = chunk.bytes.subarray(0, chunk.length);
    for (let start = 0; start < bytes.length; ) {
      const end = bytes.indexOf(LINE_FEED, start) + 1;
      rows.row(bytes, start, end);
      start = end;
      const room = rows.room();
      if (room !== undefined) {
        await room;
      }
    }
  }
  await rows.end();
}
