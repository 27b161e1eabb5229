import type { ClientBase } from 'pg';
import type { Lane, Lanes } from './lanes.ts';
import type { Slice } from './query.ts';
import type { Snapshot } from './snapshot.ts';

/**
 * Deals the slices out, in their order, to up to `jobs` connections: whichever is free takes the next and opens its lane.
 * A further connection that is slow to come, or does not come, leaves its share to the others.
 */
export async function readSlices(
  snapshot: Snapshot,
  jobs: number,
  slices: readonly Slice[],
  lanes: Lanes,
  read: (client: ClientBase, slice: Slice, lane: Lane) => Promise<unknown>,
): Promise<void> {
  const waiting = slices.values();

  async function work(client: ClientBase): Promise<void> {
    for (;;) {
      await lanes.room();
      const next = waiting.next();
      if (next.done) {
        return lanes.complete();
      }
      const lane = lanes.open();
      await read(client, next.value, lane);
      lane.end();
    }
  }

  const further = Array.from({ length: Math.max(0, jobs - 1) }, async () => {
    const client = await snapshot.join();
    if (client !== undefined) {
      await work(client);
    }
  });
  await Promise.all([work(snapshot.leader), ...further]);
}
