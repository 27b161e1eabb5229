import type { ClientBase } from 'pg';
import { SCHEMA_KEY } from '../database/current-schema.ts';
import { failureCode } from '../database/failure.ts';
import { LockTimeoutError } from '../errors.ts';

/** "im" as a number, and below it the number of an event: the first key of the advisory lock of those who import into it. */
const IMPORT_LOCK = 0x696d0000;
/** Bounds the locks of one import, which share the memory of the server with all others: by their ids, events share a lock. */
const LOCKS = 1024;

/**
 * Takes, until the end of the transaction, the locks of events: of two imports into one event at once, one waits, and then sees
 * what the other has imported. The server finds out when two wait for each other.
 * @throws LockTimeoutError when another import holds one for longer than the transaction's `lock_timeout`
 */
export async function lockEvents(client: ClientBase, publicIds: readonly string[], timeout: number): Promise<void> {
  try {
    await client.query(
      `select pg_advisory_xact_lock($2::int + number, ${SCHEMA_KEY})
         from (select distinct (id % ${LOCKS})::int as number from events where public_id = any ($1) order by number) as locks`,
      [publicIds, IMPORT_LOCK],
    );
  } catch (error) {
    throw failureCode(error) === '55P03'
      ? new LockTimeoutError(`Another import of the same events has been running for more than ${timeout} s.`, {
          hint: 'Nothing was imported. Try again when it is done, or wait longer with --lock-timeout.',
          cause: error,
        })
      : error;
  }
}
