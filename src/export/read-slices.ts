import type { ClientBase } from 'pg';
import { onSnapshot, type Snapshot } from '../database/snapshot.ts';
import type { Slice } from './query.ts';
import type { ReorderBuffer, SliceBuffer, SliceEnd } from './reorder-buffer.ts';

/**
 * Reads the slices over up to `jobs` connections: whichever is free takes the next one. If a further connection is slow to
 * open, or cannot be opened, the others do its share.
 * @param read reads one slice; returns its end, if the export can be cut there
 */
export async function readSlices(
  snapshot: Snapshot,
  jobs: number,
  slices: readonly Slice[],
  buffer: ReorderBuffer,
  read: (client: ClientBase, slice: Slice, output: SliceBuffer) => Promise<SliceEnd | undefined>,
): Promise<void> {
  const waiting = slices.values();

  async function work(client: ClientBase): Promise<void> {
    for (;;) {
      await buffer.waitForRoom();
      const next = waiting.next();
      if (next.done) {
        return buffer.complete();
      }
      const output = buffer.openSlice();
      output.end(await read(client, next.value, output));
    }
  }

  await onSnapshot(snapshot, jobs, work);
}
