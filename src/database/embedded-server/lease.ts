import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { databaseFailure, failureCode } from '../failure.ts';
import { SUPERUSER } from './cluster.ts';
import type { RunningServer } from './pid-file.ts';

/** Every command that uses the embedded server holds this advisory lock, shared, on its own connection. */
const LEASE_LOCK = '7738144273194578807';

/** Advisory locks belong to a database. In this one they do not block dropping or copying the program's own. */
const LEASE_DATABASE = 'postgres';

const LEASE_NAME = 'webmacs lease';
const POLL_MILLISECONDS = 25;
const CONNECT_TIMEOUT_MILLISECONDS = 5_000;

/** A shared lock on a running server, which is not stopped while others hold one. */
export interface Lease {
  readonly server: RunningServer;
  readonly client: pg.Client;
}

/**
 * Tries to acquire a lease.
 * @returns undefined if the server is starting or about to stop, so that a retry makes sense
 * @throws DatabaseError for an error that persists
 */
export async function tryAcquireLease(server: RunningServer): Promise<Lease | undefined> {
  if (server.state !== 'ready' || server.socketDirectory === undefined) {
    return undefined;
  }
  const client = new pg.Client({
    host: server.socketDirectory,
    port: server.port,
    user: SUPERUSER,
    database: LEASE_DATABASE,
    application_name: LEASE_NAME,
    ssl: false,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MILLISECONDS,
    // The session is idle while the command runs, whatever the server's timeouts are.
    options: '-c idle_session_timeout=0 -c statement_timeout=0',
  });
  // A killed server is noticed by the next query; without a listener the event would end the program.
  client.on('error', () => {});
  try {
    await client.connect();
    const { rows } = await client.query<{ held: boolean }>(`select pg_try_advisory_lock_shared(${LEASE_LOCK}) as held`);
    if (rows[0]?.held) {
      return { server, client };
    }
  } catch (error) {
    if (!isTransient(error)) {
      await closeLease({ client });
      throw databaseFailure(error, 'the embedded database');
    }
  }
  await closeLease({ client });
  return undefined;
}

/**
 * Releases the shared lock and tries to take it exclusively: then no command uses the server, and none gets a lease until
 * the connection ends.
 * @returns whether the lock is exclusive
 */
export async function tryMakeExclusive({ client }: Lease): Promise<boolean> {
  await client.query('select pg_advisory_unlock_all()');
  const { rows } = await client.query<{ taken: boolean }>(`select pg_try_advisory_lock(${LEASE_LOCK}) as taken`);
  return rows[0]?.taken === true;
}

/** Waits until no command uses the server and no client is connected to it, and locks it exclusively. */
export async function waitUntilExclusive(lease: Lease, patienceMs: number): Promise<boolean> {
  const deadline = performance.now() + patienceMs;
  for (;;) {
    if ((await tryMakeExclusive(lease)) && (await countClientsExcept(lease, LEASE_NAME)) === 0) {
      return true;
    }
    // Let others in while we wait.
    await lease.client.query('select pg_advisory_unlock_all()');
    if (performance.now() > deadline) {
      return false;
    }
    await sleep(POLL_MILLISECONDS);
  }
}

/**
 * Whether other programs are connected, such as psql. Connections of commands do not count: without a lease, an interrupted
 * command has left them.
 */
export async function hasOtherClients(lease: Lease): Promise<boolean> {
  return (await countClientsExcept(lease, 'webmacs%')) > 0;
}

async function countClientsExcept({ client }: Lease, names: string): Promise<number> {
  const { rows } = await client.query<{ clients: number }>(
    `select count(*)::int as clients from pg_stat_activity
      where backend_type = 'client backend' and pid <> pg_backend_pid() and application_name not like $1`,
    [names],
  );
  return rows[0]?.clients ?? 0;
}

export async function closeLease({ client }: Pick<Lease, 'client'>): Promise<void> {
  await client.end().catch(() => {});
}

/** Whether the server was starting, stopping or out of connections, so that a retry makes sense. */
export function isTransient(error: unknown): boolean {
  const code = failureCode(error) ?? '';
  const message = error instanceof Error ? error.message : '';
  return (
    ['ENOENT', 'ECONNREFUSED', 'ECONNRESET', 'EPIPE', '57P01', '57P02', '57P03', '53300'].includes(code) ||
    /Connection terminated|timeout expired|not queryable/i.test(message)
  );
}
