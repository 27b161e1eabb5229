import type { ClientBase } from 'pg';
import type { Side } from './side.ts';

/** What is done in a transaction of its own. If another job fails, `failed` is aborted. */
export type Job = (client: ClientBase, failed: AbortSignal) => Promise<unknown>;

/**
 * Runs jobs in their order, on several connections at a time; on fewer if the server or a pooler has none to spare. If one fails,
 * no other begins, and the call rejects once all have ended.
 */
export async function onConnections({ transaction }: Side, count: number, jobs: readonly Job[]): Promise<void> {
  const failure = new AbortController();
  const waiting = [...jobs];
  const connect = async (isNeeded: boolean) => {
    for (let job = waiting.shift(); job && !failure.signal.aborted; job = waiting.shift()) {
      const next = job;
      let isConnected = false;
      try {
        await transaction(async (client) => {
          isConnected = true;
          failure.signal.throwIfAborted();
          await next(client, failure.signal);
        });
      } catch (error) {
        if (!isNeeded && !isConnected) {
          waiting.unshift(next);
          return;
        }
        failure.abort(error);
      }
    }
  };
  await Promise.all(Array.from({ length: count }, (_, at) => connect(at === 0)));
  // What a connection that was refused has given back, the only one may have missed.
  await connect(true);
  failure.signal.throwIfAborted();
}
