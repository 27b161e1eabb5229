import { Socket } from 'node:net';
import { EntitySchema } from '@mikro-orm/core';
import type { EntityManager } from '@mikro-orm/postgresql';
import { MikroORM } from '@mikro-orm/postgresql';
import type { Pool, PoolClient, PoolConfig } from 'pg';
import { DatabaseError } from '../errors.ts';
import { databaseFailure, failureCode } from './failure.ts';
import { LAYOUTS, type Layout } from './layouts/layouts.ts';
import { type Recognition, recognise } from './layouts/recognise.ts';
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
  /** Also a database without the tables, or with others: to migrate it, or to say what it is. */
  asIs?: boolean;
}

/** The definition of a table. */
export type Entity = EntitySchema;

interface Connection {
  orm: MikroORM;
  pool: Pool;
  recognition: Recognition;
}

/** An open connection to the database: the ORM, the pool underneath, and where they lead. */
export class Database implements AsyncDisposable {
  readonly orm: MikroORM;
  readonly pool: Pool;
  /** Where this is, for messages: a URL without secrets. */
  readonly where: string;
  #recognition: Recognition;
  readonly #release: () => Promise<void>;

  private constructor({ orm, pool, recognition }: Connection, where: string, release: () => Promise<void>) {
    this.orm = orm;
    this.pool = pool;
    this.where = where;
    this.#recognition = recognition;
    this.#release = release;
  }

  get em(): EntityManager {
    return this.orm.em;
  }

  /** The form in which the database has the tables. */
  get layout(): Layout {
    return this.#recognition.layout;
  }

  /** The layout's name, or what keeps the database from having one. */
  get layoutInWords(): string {
    const { empty, difference, layout } = this.#recognition;
    return empty ? 'none: it has no table' : difference ? `unknown: ${difference}` : layout.name;
  }

  /**
   * Connects, and starts the embedded server where that is the target. The first connection is made here, so that what
   * is wrong with it is known before anything is done; its first query is for the layout.
   * @throws DatabaseError when the server is unreachable or refuses, or the database has none of the known layouts
   */
  static async open(target: Target, options: OpenOptions = {}): Promise<Database> {
    const database = await Database.#connect(target, options);
    try {
      if (!options.asIs) {
        await database.expectLayout();
      }
      database.discover(options.entity ? [options.entity] : undefined);
      return database;
    } catch (error) {
      await database.close();
      throw error;
    }
  }

  static async #connect(target: Target, { onProgress }: OpenOptions): Promise<Database> {
    const where = describeTarget(target);
    if (target.kind === 'embedded') {
      const { acquireServer } = await import('./embedded-server/server.ts');
      const lease = await acquireServer(target.directory, onProgress ? { onProgress } : {});
      try {
        const connection = await connect({ ...lease.connection, ssl: false }, where);
        return new Database(connection, where, () => lease.release());
      } catch (error) {
        await lease.release();
        throw error;
      }
    }
    const attempts = tlsAttempts(target).map((ssl) => ({ ...connectionOf(target), ssl }));
    return new Database(await connectFirst(attempts, where), where, async () => {});
  }

  /** @throws DatabaseError when the database has none of the known layouts, naming the first difference */
  async expectLayout(): Promise<void> {
    if (this.#recognition.empty || this.#recognition.difference) {
      // It may have been migrated meanwhile.
      this.#recognition = await withClient(this.pool, recognise);
    }
    const { empty, difference, layout } = this.#recognition;
    if (empty) {
      throw new DatabaseError(`${this.where} is not migrated: it has no table of WebMACS.`, {
        hint: 'Run "webmacs db migrate".',
      });
    }
    if (difference) {
      throw new DatabaseError(`${this.where} has no known layout: ${difference}.`, {
        hint: `It comes nearest to the layout "${layout.name}"; "webmacs db status" and "webmacs db check" tell more.`,
      });
    }
  }

  /**
   * Makes an entity known that it was not opened with, or all of them.
   * @throws DatabaseError when the layout has no table for it
   */
  discover(wanted: readonly Entity[] = this.layout.entities): void {
    const missing = wanted.find((entity) => !this.layout.entities.includes(entity));
    if (missing) {
      throw new DatabaseError(
        `${this.where} has no table "${missing.meta.tableName}" (layout "${this.layout.name}").`,
        {
          hint: `Only this has one: ${layoutsWith(missing).join(', ')}.`,
        },
      );
    }
    const known = new Set([...this.orm.getMetadata().getAll().values()].map(({ className }) => className));
    const needed = new Set(wanted.flatMap(withReferences));
    const unknown = [...needed].filter(({ meta }) => !known.has(meta.className));
    if (unknown.length > 0) {
      this.orm.discoverEntity(unknown);
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
async function connectFirst(attempts: PoolConfig[], where: string): Promise<Connection> {
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

async function connect(connection: PoolConfig, where: string): Promise<Connection> {
  const sockets: Socket[] = [];
  let { own: layout }: { own: Layout } = LAYOUTS;
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
      [],
      () => layout,
    ),
  );
  const pool = await orm.em.getConnection().getNativeClient();
  try {
    const recognition = await withClient(pool, recognise);
    layout = recognition.layout;
    return { orm, pool, recognition };
  } catch (error) {
    await disconnect(orm, pool);
    // pg leaves a connection open that it gave up itself, such as for want of a password.
    for (const socket of sockets) {
      socket.destroy();
    }
    throw databaseFailure(error, where);
  }
}

async function withClient<T>(pool: Pool, work: (client: PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  return await work(client).finally(() => client.release());
}

/** An entity behind those that it refers to. */
function withReferences(entity: Entity): Entity[] {
  const targets = Object.values(entity.meta.properties).map(({ entity: target }) => target?.());
  return [...targets.flatMap((target) => (EntitySchema.is(target) ? withReferences(target) : [])), entity];
}

function layoutsWith(entity: Entity): string[] {
  return Object.values(LAYOUTS).flatMap(({ name, entities }) => (entities.includes(entity) ? name : []));
}

/** The ORM ends its pool only if it has used it itself. */
async function disconnect(orm: MikroORM, pool: Pool): Promise<void> {
  await orm.close(true);
  if (!pool.ending) {
    await pool.end();
  }
}
