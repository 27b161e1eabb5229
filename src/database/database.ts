import { Socket } from 'node:net';
import type { EntitySchema } from '@mikro-orm/core';
import type { EntityManager } from '@mikro-orm/postgresql';
import { MikroORM } from '@mikro-orm/postgresql';
import type { Pool, PoolConfig } from 'pg';
import { entities } from '../entities/index.ts';
import { databaseFailure, failureCode } from './failure.ts';
import { ormOptions } from './options.ts';
import { describeTarget, type ServerTarget, type Target } from './target.ts';
import { tlsAttempts } from './tls.ts';

/** How many connections a command may have at once: the slices of an export and one to spare. */
const MAX_CONNECTIONS = 10;

export interface OpenOptions {
  /** Told what takes longer than a moment, such as creating the embedded database. */
  onProgress?(message: string): void;
  /** The only entity that is needed, with those it refers to: knowing all takes longer than a query. */
  entity?: Entity;
}

/** The definition of a table. */
export type Entity = EntitySchema;

/** An open connection to the database: the ORM, the pool underneath, and where they lead. */
export class Database implements AsyncDisposable {
  readonly orm: MikroORM;
  readonly pool: Pool;
  /** Where this is, for messages: a URL without secrets. */
  readonly where: string;
  readonly #release: () => Promise<void>;

  private constructor(orm: MikroORM, pool: Pool, where: string, release: () => Promise<void>) {
    this.orm = orm;
    this.pool = pool;
    this.where = where;
    this.#release = release;
  }

  get em(): EntityManager {
    return this.orm.em;
  }

  /**
   * Connects, and starts the embedded server where that is the target. The first connection is made here, so that what
   * is wrong with it is known before anything is done.
   * @throws DatabaseError when the server is unreachable or refuses
   */
  static async open(target: Target, { onProgress, entity }: OpenOptions = {}): Promise<Database> {
    const where = describeTarget(target);
    const known = entity ? [entity] : entities;
    if (target.kind === 'embedded') {
      const { acquireServer } = await import('./embedded-server/server.ts');
      const lease = await acquireServer(target.directory, onProgress ? { onProgress } : {});
      try {
        const [orm, pool] = await connect({ ...lease.connection, ssl: false }, known, where);
        return new Database(orm, pool, where, () => lease.release());
      } catch (error) {
        await lease.release();
        throw error;
      }
    }
    const attempts = tlsAttempts(target).map((ssl) => ({ ...connectionOf(target), ssl }));
    const [orm, pool] = await connectFirst(attempts, known, where);
    return new Database(orm, pool, where, async () => {});
  }

  /** Makes an entity known that it was not opened with, or all of them. */
  discover(wanted: Entity[] = entities): void {
    const known = new Set([...this.orm.getMetadata().getAll().values()].map(({ className }) => className));
    const unknown = ({ meta }: Entity) => !known.has(meta.className);
    if (wanted.some(unknown)) {
      // All at once, parents before children: one alone fails where it refers to another that is not known yet.
      this.orm.discoverEntity(entities.filter(unknown));
    }
  }

  async close(): Promise<void> {
    await disconnect(this.orm, this.pool);
    await this.#release();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

/** The settings of `pg` for a target; how TLS is used is decided by `tlsAttempts`. */
export function connectionOf(target: ServerTarget): PoolConfig {
  const { host, port, user, password, database, connectTimeoutSeconds } = target;
  const [ssl] = tlsAttempts(target);
  return {
    host,
    port,
    user,
    ...(password === undefined ? {} : { password }),
    database,
    connectionTimeoutMillis: connectTimeoutSeconds * 1000,
    ...(ssl === undefined ? {} : { ssl }),
  };
}

/** Tries one way after the other; only a refusal of the way itself, TLS or none, leads to the next. */
async function connectFirst(attempts: PoolConfig[], known: Entity[], where: string): Promise<[MikroORM, Pool]> {
  for (const attempt of attempts.slice(0, -1)) {
    try {
      return await connect(attempt, known, where);
    } catch (error) {
      if (!refusesProtection(error)) {
        throw error;
      }
    }
  }
  return await connect(attempts.at(-1) ?? {}, known, where);
}

function refusesProtection(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : undefined;
  return failureCode(error) === '28000' || (cause instanceof Error && /does not support SSL/i.test(cause.message));
}

async function connect(connection: PoolConfig, known: Entity[], where: string): Promise<[MikroORM, Pool]> {
  const sockets: Socket[] = [];
  const orm = new MikroORM(
    ormOptions(
      {
        stream: () => {
          const socket = new Socket();
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
      known,
    ),
  );
  const pool = await orm.em.getConnection().getNativeClient();
  try {
    const client = await pool.connect();
    client.release();
    return [orm, pool];
  } catch (error) {
    await disconnect(orm, pool);
    // pg leaves a connection open that it gave up itself, such as for want of a password.
    for (const socket of sockets) {
      socket.destroy();
    }
    throw databaseFailure(error, where);
  }
}

/** The ORM ends its pool only if it has used it itself. */
async function disconnect(orm: MikroORM, pool: Pool): Promise<void> {
  await orm.close(true);
  if (!pool.ending) {
    await pool.end();
  }
}
