import pg from 'pg';
import { failureCode } from '../failure.ts';
import { DATABASE, SUPERUSER } from './cluster.ts';
import { keepMarker, type Paths } from './directory.ts';
import { DEFAULT_PORT } from './postmaster.ts';

/** Every command that uses the embedded server holds this advisory lock, shared, on a connection of its own. */
const LEASE_LOCK = '7738144273194578807';

/** How to connect to the server: over its socket, in a directory that no other user can enter. */
export interface Connection {
  host: string;
  port: number;
  user: string;
  database: string;
}

/** Why there is no lease yet. */
export type Obstacle = 'absent' | 'busy';

export function connectionTo(paths: Paths, database = DATABASE): Connection {
  return { host: paths.socket, port: keepMarker(paths)?.port ?? DEFAULT_PORT, user: SUPERUSER, database };
}

/**
 * Tries to take a lease. `absent`: no server listens there; `busy`: one is starting, or is about to stop.
 * @throws what the server says that no waiting will mend
 */
export async function tryLease(paths: Paths): Promise<pg.Client | Obstacle> {
  const client = new pg.Client({ ...connectionTo(paths), application_name: 'webmacs lease', ssl: false });
  // A server that is killed is noticed by whoever runs a query; unheard, the event would end the program.
  client.on('error', () => {});
  try {
    await client.connect();
    const { rows } = await client.query<{ held: boolean }>(`select pg_try_advisory_lock_shared(${LEASE_LOCK}) as held`);
    if (rows[0]?.held) {
      return client;
    }
  } catch (error) {
    await end(client);
    return obstacle(error);
  }
  await end(client);
  return 'busy';
}

/**
 * Gives a shared lease up, and tries to get the server for itself. Connections of a command without a lease are about to
 * end, and not counted.
 * @returns whether no other command, nor any other client, uses the server
 */
export async function isLast(client: pg.Client): Promise<boolean> {
  const { rows } = await client.query<{ last: boolean }>(
    `select pg_advisory_unlock_shared(${LEASE_LOCK}), pg_try_advisory_lock(${LEASE_LOCK}) and not exists (
       select from pg_stat_activity
        where backend_type = 'client backend' and pid <> pg_backend_pid() and application_name not like 'webmacs%'
     ) as last`,
  );
  return rows[0]?.last === true;
}

export async function end(client: pg.Client): Promise<void> {
  await client.end().catch(() => {});
}

function obstacle(error: unknown): Obstacle {
  switch (failureCode(error)) {
    case 'ENOENT':
    case 'ECONNREFUSED':
      return 'absent';
    case '57P03': // starting up, or shutting down
    case '57P01':
    case '57P02':
    case 'ECONNRESET':
    case 'EPIPE':
      return 'busy';
  }
  if (error instanceof Error && /Connection terminated/i.test(error.message)) {
    return 'busy';
  }
  throw error;
}
