import { setTimeout as sleep } from 'node:timers/promises';

export interface UntilOptions {
  /** The time after which the test fails. */
  deadlineMs?: number;
  /** The pause between two checks. */
  everyMs?: number;
}

/**
 * Waits until a condition holds, such as that a session waits for a lock.
 * @throws Error naming the condition, if it does not hold in time
 */
export async function until(
  condition: () => unknown,
  { deadlineMs = 20_000, everyMs = 10 }: UntilOptions = {},
): Promise<void> {
  const deadline = performance.now() + deadlineMs;
  while (!(await condition())) {
    if (performance.now() > deadline) {
      throw new Error(`Still false after ${deadlineMs} ms: ${condition}`);
    }
    await sleep(everyMs);
  }
}
