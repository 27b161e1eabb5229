import { setTimeout as sleep } from 'node:timers/promises';
import { isConnectionLost } from './failure.ts';

/** The time between two attempts to restore a connection. */
const RETRY_SECONDS = 1;

/** How a query is repeated. */
export interface Polling {
  /** The time from the start of a query to that of the next one. */
  everySeconds: number;
  signal: AbortSignal;
  /** Called when the connection is lost, and when it is restored. */
  onConnection(lost: boolean): Promise<void>;
}

/**
 * Yields what a query returns, for the first time after one period, until aborted. Goes on after a lost connection, such as
 * after a restart of the server.
 */
export async function* poll<T>(
  read: () => Promise<T>,
  { everySeconds, signal, onConnection }: Polling,
): AsyncGenerator<T> {
  let lost = false;
  for (let started = performance.now(); ; ) {
    const next = started + (lost ? RETRY_SECONDS : everySeconds) * 1000;
    // Aborting ends the wait; the next line ends the loop.
    await sleep(Math.max(0, next - performance.now()), undefined, { signal }).catch(() => {});
    if (signal.aborted) {
      return;
    }
    started = performance.now();
    try {
      const result = await read();
      if (lost) {
        lost = false;
        await onConnection(false);
      }
      yield result;
    } catch (error) {
      if (!isConnectionLost(error)) {
        throw error;
      }
      if (!lost) {
        lost = true;
        await onConnection(true);
      }
    }
  }
}
