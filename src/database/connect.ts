import type { EntityClass } from '@mikro-orm/core';
import { MikroORM } from '@mikro-orm/postgresql';
import type { Pool, PoolClient, PoolConfig } from 'pg';
import { LAYOUTS, type Layout } from './layouts/layouts.ts';
import { type Recognition, recognise } from './layouts/recognise.ts';
import { ormOptions } from './options.ts';
import { ReadingSocket } from './reading-socket.ts';
import { appendOptions } from './session-options.ts';

/** What the program itself needs of a session: it reads times as ISO text and all text as UTF-8, whatever the role prefers. */
const OWN_OPTIONS = '-c datestyle=ISO -c client_encoding=UTF8';

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

/**
 * Connects, and asks what the database is.
 * @param where the database, for messages
 * @throws what the driver says, as it is
 */
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
        max: MAX_CONNECTIONS,
        // Closing is ours; an idle connection must not vanish under a snapshot, nor a timer keep the process alive.
        idleTimeoutMillis: 0,
        ...connection,
        // Times are read as ISO text, whatever the role's own setting is.
        options: `${connection.options ?? ''} -c datestyle=ISO`,
      },
      [],
      () => ({ layout, isOpen: (entity) => open.has(entity) }),
    ),
  );
  const pool = await orm.em.getConnection().getNativeClient();
  try {
    const recognition = await withClient(pool, (client) => recognise(client, where));
    layout = recognition.layout;
    return { orm, pool, recognition, open };
  } catch (error) {
    await disconnect(orm, pool);
    // pg leaves a connection open that it gave up itself, such as for want of a password.
    for (const socket of sockets) {
      socket.destroy();
    }
    throw error;
  }
}

/** The given settings of a session, and those that the program needs itself, which win. */
export function withOwnOptions(options: string): string {
  return appendOptions(options, OWN_OPTIONS);
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
