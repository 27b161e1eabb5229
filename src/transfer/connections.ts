import type { ClientBase } from 'pg';
import type { Side } from './side.ts';

/**
 * Calls `work` on several connections at a time, each in a transaction of its own; on fewer if the server or a pooler has none to
 * spare. If one fails, `failed` is aborted for the others, and the call rejects once all have ended.
 */
export async function onConnections(
  { transaction }: Side,
  count: number,
  work: (client: ClientBase, failed: AbortSignal) => Promise<unknown>,
): Promise<void> {
  const failure = new AbortController();
  const connect = async (isNeeded: boolean) => {
    let isConnected = false;
    try {
      await transaction(async (client) => {
        isConnected = true;
        failure.signal.throwIfAborted();
        await work(client, failure.signal);
      });
    } catch (error) {
      if (isNeeded || isConnected) {
        failure.abort(error);
      }
    }
  };
  await Promise.all(Array.from({ length: count }, (_, at) => connect(at === 0)));
  failure.signal.throwIfAborted();
}
