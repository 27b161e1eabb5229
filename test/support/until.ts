import { setTimeout as sleep } from 'node:timers/promises';

export interface UntilOptions {
  /** How long it may take before the test fails. */
  deadlineMs?: number;
  /** How long to wait before looking again. */
  everyMs?: number;
}

/**
 * Waits until something holds that others bring about, such as a session that waits for a lock.
 * @throws Error when it does not in time, naming the condition
 */
export async function until(
  condition: () => unknown,
  { deadlineMs = 20_000, everyMs = 10 }: UntilOptions = {},
): Promise<void> {
  const deadline = performance.now() + deadlineMs;
  while (!(await condition())) {
    if (performance.now() > deadline) {
      throw new Error(`After ${deadlineMs} ms still not: ${condition}`);
    }
    await sleep(everyMs);
  }
}
