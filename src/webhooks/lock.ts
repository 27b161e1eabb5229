import type { Pool } from 'pg';
import { withLock } from '../database/session.ts';
import { literal } from '../database/sql.ts';
import { ConflictError, LockTimeoutError } from '../errors.ts';
import type { DeliveryRow } from './deliveries.ts';

/** Lock keys, "whoo" and "whom" in ASCII: one is exclusive per delivery, the other shared by processes that make many. */
const DELIVERY_LOCK = 0x77686f6f;
const MANY_LOCK = 0x77686f6d;
/** Enough for one that only checks that nobody makes many. */
const MANY_TIMEOUT_SECONDS = 5;

/**
 * Calls `make` while no other process makes this delivery. A row that is pending or failed may also be that of a process that
 * was killed: then nobody holds its lock.
 * @throws ConflictError if it is under way
 */
export async function withDeliveryLock<T>(pool: Pool, delivery: DeliveryRow, make: () => Promise<T>): Promise<T> {
  const { publicId, status, attempts } = delivery;
  const busy = () => {
    throw new ConflictError(`Delivery ${publicId} is under way: another process is making it.`, {
      hint: 'Wait for its end, or send it a second time with --force.',
    });
  };
  const lock = { key: DELIVERY_LOCK, of: `hashtext(${literal(publicId)})`, timeoutSeconds: 0, busy };
  return await withLock(pool, lock, async () => {
    if (attempts > 0 && (status === 'pending' || status === 'failed')) {
      await withLock(pool, { key: MANY_LOCK, timeoutSeconds: 0, busy }, async () => {});
    }
    return await make();
  });
}

/** Calls `make`, which makes any number of deliveries: a lock for each would take a connection for each. */
export async function withManyDeliveriesLock<T>(pool: Pool, make: () => Promise<T>): Promise<T> {
  const busy = () => {
    throw new LockTimeoutError('Another process holds the lock for webhook deliveries.', { hint: 'Try again.' });
  };
  return await withLock(pool, { key: MANY_LOCK, shared: true, timeoutSeconds: MANY_TIMEOUT_SECONDS, busy }, make);
}
