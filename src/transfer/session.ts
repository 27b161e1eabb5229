import type { PoolClient } from 'pg';
import type { Database } from '../database/database.ts';
import { databaseFailure } from '../database/failure.ts';

/** What the text of values depends on, which is the same on both sides; and a copy may take its time. */
const SETTINGS = `
  set timezone = 'UTC';
  set datestyle = 'ISO';
  set intervalstyle = 'postgres';
  set extra_float_digits = 1;
  set bytea_output = 'hex';
  set client_encoding = 'UTF8';
  set statement_timeout = 0;
  set idle_in_transaction_session_timeout = 0;
  set transaction_timeout = 0;
  set client_connection_check_interval = '500ms'`;

/** A connection, and the database that its failures are told about. */
export interface Side {
  client: PoolClient;
  where: string;
}

/**
 * Calls `work` with a connection of its own, which is closed afterwards; at once, when `signal` is aborted, which ends
 * what it is doing on the server.
 */
export async function withSide<T>(
  database: Database,
  signal: AbortSignal,
  work: (side: Side) => Promise<T>,
): Promise<T> {
  const client = await database.pool.connect();
  // A lost connection rejects the query that runs on it; the event, unheard, would end the program.
  client.on('error', () => {});
  let open = true;
  const close = () => {
    if (open) {
      open = false;
      client.release(true);
    }
  };
  signal.addEventListener('abort', close, { once: true });
  try {
    signal.throwIfAborted();
    await client.query(SETTINGS);
    return await work({ client, where: database.where });
  } catch (error) {
    throw signal.aborted ? signal.reason : error;
  } finally {
    signal.removeEventListener('abort', close);
    close();
  }
}

/** Failures of `work` as failures of this side's database. */
export async function on<T>({ client, where }: Side, work: (client: PoolClient) => Promise<T>): Promise<T> {
  try {
    return await work(client);
  } catch (error) {
    throw databaseFailure(error, where);
  }
}
