import type { EntityClass } from '@mikro-orm/core';
import type { EntityManager, MikroORM } from '@mikro-orm/postgresql';
import type { Pool } from 'pg';
import { DatabaseError } from '../errors.ts';
import { type Connection, connect, disconnect, withClient, withOwnOptions } from './connect.ts';
import { databaseFailure } from './failure.ts';
import { findServer } from './find-server.ts';
import { LAYOUTS, type Layout, schemaOf } from './layouts/layouts.ts';
import { type Recognition, recognise, schemaWithTables } from './layouts/recognise.ts';
import { describeTarget, type Target } from './target.ts';

export interface OpenOptions {
  /** Told what takes longer than a moment, such as creating the embedded database. */
  onProgress?(message: string): void;
  /** Told what must be read, such as that a password file is not used. */
  onWarning?(message: string): void;
  /**
   * The only entities that are needed, with those they refer to: knowing all takes longer than a query. Of the relations
   * the other sides are left out where they lead to an entity that is not among them.
   */
  entities?: readonly Entity[];
  /** Also a database without the tables, or with others: to migrate it, or to say what it is. */
  asIs?: boolean;
}

/** A table as the ORM knows it, such as `Event`. */
export type Entity = EntityClass;

/**
 * An open connection to the database: the ORM, the pool underneath, and where they lead.
 *
 * @example
 * ```ts
 * import { Database, Experiment, targetFromUrl } from 'webmacs';
 *
 * await using database = await Database.open(targetFromUrl(process.env.DATABASE_URL ?? ''));
 * const experiment = await database.em.findOneOrFail(Experiment, { name: 'Run 7' }, { populate: ['datapoints.event'] });
 * console.log(experiment.datapoints.$.map(({ value, event }) => `${event.$.name} ${value}`).slice(0, 2));
 * // [ 'Air flow 0', 'Air flow 1' ]
 * ```
 */
export class Database implements AsyncDisposable {
  readonly orm: MikroORM;
  readonly pool: Pool;
  /** Where this is, for messages: a URL without secrets. */
  readonly where: string;
  #recognition: Recognition;
  readonly #open: Set<Entity>;
  readonly #release: () => Promise<void>;

  private constructor({ orm, pool, recognition, open }: Connection, where: string, release: () => Promise<void>) {
    this.orm = orm;
    this.pool = pool;
    this.where = where;
    this.#recognition = recognition;
    this.#open = open;
    this.#release = release;
  }

  /**
   * A new entity manager each time: what one has read stays in its memory until it is let go. Keep one in a variable for
   * rows that are read, changed and flushed.
   */
  get em(): EntityManager {
    return this.orm.em.fork();
  }

  /** The form in which the database has the tables. */
  get layout(): Layout {
    return this.#recognition.layout;
  }

  /** The schema that has the tables, or is to get them: the first of the search path. */
  get schema(): string {
    return this.#recognition.schema;
  }

  /** The names of the tables, parents before children. */
  get tables(): string[] {
    return this.layout.entities.map(({ tableName }) => tableName);
  }

  /** The layout's name, or what keeps the database from having one. */
  get layoutInWords(): string {
    const { schema, empty, difference, layout } = this.#recognition;
    return empty ? `none: the schema "${schema}" has no table` : difference ? `unknown: ${difference}` : layout.name;
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
      database.discover(options.entities);
      return database;
    } catch (error) {
      await database.close();
      throw error;
    }
  }

  static async #connect(target: Target, { onProgress, onWarning }: OpenOptions): Promise<Database> {
    if (target.kind === 'server') {
      const { connection, where } = await findServer(target, onWarning);
      return new Database(connection, where, async () => {});
    }
    const where = describeTarget(target);
    const { acquireServer } = await import('./embedded-server/server.ts');
    const { directory, environment } = target;
    const lease = await acquireServer(directory, { environment, ...(onProgress ? { onProgress } : {}) });
    try {
      const options = withOwnOptions(target.options ?? '');
      const settings = { ...lease.connection, ssl: false, application_name: 'webmacs', options };
      const connection = await connect(settings, where);
      return new Database(connection, where, () => lease.release());
    } catch (error) {
      await lease.release();
      throw databaseFailure(error, where);
    }
  }

  /** @throws DatabaseError when the database has none of the known layouts, naming the first difference */
  async expectLayout(): Promise<void> {
    if (this.#recognition.empty || this.#recognition.difference) {
      // It may have been migrated meanwhile.
      this.#recognition = await withClient(this.pool, (client) => recognise(client, this.where));
    }
    const { schema, empty, difference, layout } = this.#recognition;
    if (empty) {
      const other = await withClient(this.pool, schemaWithTables);
      throw new DatabaseError(`${this.where} is not migrated: its schema "${schema}" has no table of WebMACS.`, {
        hint:
          other === undefined
            ? 'Run "webmacs db migrate".'
            : `The schema "${other}" has: if it is meant, put it first in search_path. For new tables in "${schema}" run "webmacs db migrate".`,
      });
    }
    if (difference) {
      throw new DatabaseError(`${this.where} has no known layout in its schema "${schema}": ${difference}.`, {
        hint: `It comes nearest to the layout "${layout.name}"; "webmacs db check" says what it lacks.`,
      });
    }
  }

  /**
   * Makes an entity known that it was not opened with, or all of them.
   * @throws DatabaseError when the layout has no table for it
   */
  discover(wanted: readonly Entity[] = this.layout.entities.map((schema) => schema.class)): void {
    const missing = wanted.find((entity) => !this.layout.entities.includes(schemaOf(entity)));
    if (missing) {
      throw new DatabaseError(
        `${this.where} has no table "${schemaOf(missing).tableName}" (layout "${this.layout.name}").`,
        {
          hint: `Only this has one: ${layoutsWith(missing).join(', ')}.`,
        },
      );
    }
    const unknown = [...new Set(wanted.flatMap(withReferences))].filter((entity) => !this.#open.has(entity));
    if (unknown.length > 0) {
      for (const entity of unknown) {
        this.#open.add(entity);
      }
      this.orm.discoverEntity(unknown.map(schemaOf));
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

/** An entity behind those that it refers to. */
function withReferences(entity: Entity): Entity[] {
  const properties: Record<string, { kind?: string; entity?: () => unknown }> = schemaOf(entity).properties;
  const targets = Object.values(properties).flatMap(({ kind, entity: target }) =>
    // The definitions refer to classes only.
    kind === 'm:1' ? ((target?.() ?? []) as Entity) : [],
  );
  return [...targets.flatMap(withReferences), entity];
}

function layoutsWith(entity: Entity): string[] {
  return Object.values(LAYOUTS).flatMap(({ name, entities }) => (entities.includes(schemaOf(entity)) ? name : []));
}
