import { MikroORM } from '@mikro-orm/postgresql';
import type { Pool, PoolClient, PoolConfig } from 'pg';
import { OpenEntities } from './discovery.ts';
import { type Recognition, recognise } from './layouts/recognise.ts';
import { ormOptions } from './options.ts';
import { ReadingSocket } from './reading-socket.ts';
import { setForTransactions } from './transaction-settings.ts';

/**
 * What reading depends on, whatever the settings of role and database: ISO timestamps, and numbers with all of their digits. And what
 * deleting does: that TimescaleDB sets no limit to the compressed rows of a statement. Other servers ignore that.
 */
const RELIED_ON = {
  datestyle: 'ISO',
  extra_float_digits: '1',
  'timescaledb.max_tuples_decompressed_per_dml_transaction': '0',
};

/** The OID of `bigint`. */
const INT8 = 20;

/** Connections per command: one for each slice of an export, and one to spare. */
const MAX_CONNECTIONS = 10;

/** The ORM, its pool, and the detected layout of the database. */
export interface Connection {
  orm: MikroORM;
  pool: Pool;
  recognition: Recognition;
  /** Those that the ORM knows. */
  entities: OpenEntities;
}

/**
 * Connects, and detects the layout of the database.
 * @param where the database, for messages
 * @throws the driver's error, unchanged
 */
export async function connect(connection: PoolConfig, where: string): Promise<Connection> {
  const sockets: ReadingSocket[] = [];
  const entities = new OpenEntities();
  const orm = new MikroORM(
    ormOptions(
      {
        stream: () => {
          const socket = new ReadingSocket();
          sockets.push(socket);
          return socket;
        },
        max: MAX_CONNECTIONS,
        // No timeout: it could close a connection that holds a snapshot, and its timer would keep the process alive.
        idleTimeoutMillis: 0,
        ...connection,
      },
      [],
      entities,
    ),
  );
  const pool = await orm.em.getConnection().getNativeClient();
  const settings = new Map(Object.entries(RELIED_ON));
  pool.on('connect', (client) => {
    setForTransactions(client, settings);
    client.setTypeParser(INT8, wholeNumber);
  });
  try {
    const usePath = (path: string) => settings.set('search_path', path);
    const recognition = await withClient(pool, (client) => recognise(client, where, usePath));
    return { orm, pool, recognition, entities };
  } catch (error) {
    await disconnect(orm, pool);
    // pg leaves a connection open when the client itself fails, such as without a password.
    for (const socket of sockets) {
      socket.destroy();
    }
    throw error;
  }
}

/** Returns a `bigint` as a number, such as an id, or as text if a number cannot express it. */
function wholeNumber(text: string): number | string {
  const number = Number(text);
  return Number.isSafeInteger(number) ? number : text;
}

export async function withClient<T>(pool: Pool, work: (client: PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  return await work(client).finally(() => client.release());
}

/** Closes the ORM and its pool, which the ORM closes only if it has used it. */
export async function disconnect(orm: MikroORM, pool: Pool): Promise<void> {
  await orm.close(true);
  if (!pool.ending) {
    await pool.end();
  }
}
