import type { EntityClass } from '@mikro-orm/core';
import { MikroORM } from '@mikro-orm/postgresql';
import type { Pool, PoolClient, PoolConfig } from 'pg';
import { databaseFailure, failureCode } from './failure.ts';
import { LAYOUTS, type Layout } from './layouts/layouts.ts';
import { type Recognition, recognise } from './layouts/recognise.ts';
import { ormOptions } from './options.ts';
import { ReadingSocket } from './reading-socket.ts';
import type { ServerTarget } from './target.ts';
import { tlsAttempts } from './tls.ts';

/** How many connections a command may have at once: the slices of an export and one to spare. */
const MAX_CONNECTIONS = 10;

/** The ORM, the pool underneath, and what the database was found to be. */
export interface Connection {
  orm: MikroORM;
  pool: Pool;
  recognition: Recognition;
  /** The entities that the ORM knows; to be told before it discovers one. */
  open: Set<EntityClass>;
}

/** The settings of `pg` for a target, one for each way to use TLS that it allows, in the order to try them. */
export async function connectionsOf(target: ServerTarget): Promise<PoolConfig[]> {
  const { host, port, user, password, database, connectTimeoutSeconds } = target;
  return (await tlsAttempts(target)).map((ssl) => ({
    host,
    port,
    user,
    ...(password === undefined ? {} : { password }),
    database,
    connectionTimeoutMillis: connectTimeoutSeconds * 1000,
    ssl,
  }));
}

/** Tries one way after the other; only a refusal of the way itself, TLS or none, leads to the next. */
export async function connectFirst(attempts: PoolConfig[], where: string): Promise<Connection> {
  for (const attempt of attempts.slice(0, -1)) {
    try {
      return await connect(attempt, where);
    } catch (error) {
      if (!refusesProtection(error)) {
        throw error;
      }
    }
  }
  return await connect(attempts.at(-1) ?? {}, where);
}

function refusesProtection(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : undefined;
  return failureCode(error) === '28000' || (cause instanceof Error && /does not support SSL/i.test(cause.message));
}

export async function connect(connection: PoolConfig, where: string): Promise<Connection> {
  const sockets: ReadingSocket[] = [];
  const open = new Set<EntityClass>();
  let { own: layout }: { own: Layout } = LAYOUTS;
  const orm = new MikroORM(
    ormOptions(
      {
        stream: () => {
          const socket = new ReadingSocket();
          sockets.push(socket);
          return socket;
        },
        application_name: 'webmacs',
        // Times are read as ISO text, whatever the role's own setting is.
        options: `${process.env.PGOPTIONS ?? ''} -c datestyle=ISO`,
        max: MAX_CONNECTIONS,
        // Closing is ours; an idle connection must not vanish under a snapshot, nor a timer keep the process alive.
        idleTimeoutMillis: 0,
        ...connection,
      },
      [],
      () => ({ layout, isOpen: (entity) => open.has(entity) }),
    ),
  );
  const pool = await orm.em.getConnection().getNativeClient();
  try {
    const recognition = await withClient(pool, recognise);
    layout = recognition.layout;
    return { orm, pool, recognition, open };
  } catch (error) {
    await disconnect(orm, pool);
    // pg leaves a connection open that it gave up itself, such as for want of a password.
    for (const socket of sockets) {
      socket.destroy();
    }
    throw databaseFailure(error, where);
  }
}

export async function withClient<T>(pool: Pool, work: (client: PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  return await work(client).finally(() => client.release());
}

/** The ORM ends its pool only if it has used it itself. */
export async function disconnect(orm: MikroORM, pool: Pool): Promise<void> {
  await orm.close(true);
  if (!pool.ending) {
    await pool.end();
  }
}
