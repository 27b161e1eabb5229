import type { Pool } from 'pg';
import { SCHEMA_KEY, SCHEMA_LOCK } from '../database/current-schema.ts';
import { withLock } from '../database/session.ts';
import { InterruptedError, LockTimeoutError } from '../errors.ts';
import type { ConversionOptions } from './conversion.ts';
import { finishReplacing } from './replaced.ts';

/**
 * Calls `work` while nobody else changes the schema, and once an interrupted conversion that has replaced the table is finished.
 * @param work is told whether there was one
 * @throws InterruptedError when aborted; LockTimeoutError
 */
export async function alone<T>(
  pool: Pool,
  options: ConversionOptions,
  work: (hasFinished: boolean) => Promise<T>,
): Promise<T> {
  const { lockTimeoutSeconds, signal } = options;
  const busy = (): never => {
    throw new LockTimeoutError(`Another process has been changing the schema for more than ${lockTimeoutSeconds} s.`, {
      hint: 'Try again when it is done, or wait longer with --lock-timeout.',
    });
  };
  try {
    return await withLock(
      pool,
      { key: SCHEMA_LOCK, of: SCHEMA_KEY, timeoutSeconds: lockTimeoutSeconds, signal, busy },
      async () => await work(await finishReplacing(pool, options)),
    );
  } catch (error) {
    throw signal.aborted
      ? new InterruptedError('Interrupted. Run again, it continues; "webmacs db storage status" says how to undo it.')
      : error;
  }
}
