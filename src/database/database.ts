import type { EntityManager, MikroORM } from '@mikro-orm/postgresql';
import type { Pool } from 'pg';
import { DatabaseError } from '../errors.ts';
import { defined } from '../text/defined.ts';
import { caveats } from './caveats.ts';
import { clientFor } from './client.ts';
import { type Connection, connect, disconnect, withClient } from './connect.ts';
import type { Entity, OpenEntities } from './discovery.ts';
import { databaseFailure } from './failure.ts';
import { findServer } from './find-server.ts';
import { LAYOUTS, type Layout, schemaOf } from './layouts/layouts.ts';
import { type Recognition, recognise, schemaWithTables } from './layouts/recognise.ts';
import type { StorageForm } from './layouts/storage-form.ts';
import { describeTarget, type Target } from './target.ts';

export interface OpenOptions {
  /** Called with progress messages for slow steps, such as creating the embedded database. */
  onProgress?(message: string): void;
  /** Called with warnings, such as that a password file is not used. */
  onWarning?(message: string): void;
  /** Called with what must be known of data that was read, such as that it is not of one moment. */
  onCaveat?(sentence: string): void;
  /**
   * The entities that are needed; those that they refer to are included. Discovering all of them takes longer than a
   * query. Inverse sides of relations that lead to other entities are left out.
   */
  entities?: readonly Entity[];
  /** Accepts a database without the tables or with an unknown layout: to migrate or to inspect it. */
  asIs?: boolean;
}

export type { Entity };

/**
 * An open connection to the database: the ORM, its pool, and the layout of the database.
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
  /** The database in messages: a URL without secrets. */
  readonly where: string;
  #recognition: Recognition;
  readonly #entities: OpenEntities;
  readonly #release: () => Promise<void>;

  private constructor({ orm, pool, recognition, entities }: Connection, where: string, release: () => Promise<void>) {
    this.orm = orm;
    this.pool = pool;
    this.where = where;
    this.#recognition = recognition;
    this.#entities = entities;
    this.#release = release;
  }

  /**
   * A new entity manager on each access, since its identity map keeps what it has read. Keep one in a variable for rows
   * that are read, changed and flushed.
   */
  get em(): EntityManager {
    return this.orm.em.fork();
  }

  /** The layout of the tables. */
  get layout(): Layout {
    return this.#recognition.layout;
  }

  /** How the datapoints are stored. */
  get storage(): StorageForm {
    return this.#recognition.storage;
  }

  /** The schema of the tables, existing or to be created: the first of the search path. */
  get schema(): string {
    return this.#recognition.schema;
  }

  /** The names of the tables, parents before children. */
  get tables(): string[] {
    return this.layout.entities.map(({ tableName }) => tableName);
  }

  /** Whether the schema has none of the tables. */
  get isEmpty(): boolean {
    return this.#recognition.empty;
  }

  /** The layout's name, or why the database matches none. */
  get layoutDescription(): string {
    const { schema, empty, difference, layout } = this.#recognition;
    return empty ? `none: the schema "${schema}" has no table` : difference ? `unknown: ${difference}` : layout.name;
  }

  /**
   * Connects, starting the embedded server if that is the target. The first connection is opened here, so that its errors
   * occur before any work is done; its first query detects the layout.
   * @throws DatabaseError when the server is unreachable or refuses the connection, or the layout is unknown
   */
  static async open(target: Target, options: OpenOptions = {}): Promise<Database> {
    const database = await Database.#connect(target, options);
    if (options.onCaveat) {
      caveats.set(database.pool, options.onCaveat);
    }
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
    const lease = await acquireServer(target.directory, defined({ environment: target.environment, onProgress }));
    try {
      const { user, database } = lease.connection;
      const Client = clientFor({ user, database, application_name: 'webmacs', ...target.startup });
      const settings = { ...lease.connection, ssl: false, Client };
      return new Database(await connect(settings, where), where, () => lease.release());
    } catch (error) {
      await lease.release();
      throw databaseFailure(error, where);
    }
  }

  /** @throws DatabaseError while a restore or a transfer into it is not complete: nothing else may use it until then */
  expectComplete(): void {
    if (this.#recognition.incomplete) {
      throw new DatabaseError(`${this.where} is incomplete: a restore or migrate-from into it has not ended.`, {
        hint: 'If it was interrupted, run the same command again, which resumes it; or start with a new, empty database.',
      });
    }
  }

  /** @throws DatabaseError when the layout is unknown, naming the first difference */
  async expectLayout(): Promise<void> {
    if (this.#recognition.empty || this.#recognition.difference) {
      // It may have been migrated in the meantime.
      this.#recognition = await withClient(this.pool, (client) => recognise(client, this.where));
    }
    const { schema, empty, difference, layout } = this.#recognition;
    if (empty) {
      const other = await withClient(this.pool, schemaWithTables);
      throw new DatabaseError(`${this.where} is not migrated: its schema "${schema}" has no WebMACS tables.`, {
        hint:
          other === undefined
            ? 'Run "webmacs db migrate".'
            : `The schema "${other}" has them: to use it, put it first in search_path. To create new tables in "${schema}", run "webmacs db migrate".`,
      });
    }
    if (difference) {
      throw new DatabaseError(`${this.where} has no known layout in its schema "${schema}": ${difference}.`, {
        hint: `The closest layout is "${layout.name}"; "webmacs db check" prints what is missing.`,
      });
    }
  }

  /**
   * Discovers entities that the database was not opened with; all of them by default.
   * @throws DatabaseError when the layout has no table for it
   */
  discover(wanted: readonly Entity[] = this.layout.entities.map((schema) => schema.class)): void {
    const missing = wanted.find((entity) => !this.layout.entities.includes(schemaOf(entity)));
    if (missing) {
      throw new DatabaseError(
        `${this.where} has no table "${schemaOf(missing).tableName}" (layout "${this.layout.name}").`,
        { hint: `Layouts with this table: ${layoutsWith(missing).join(', ')}.` },
      );
    }
    this.#entities.open(this.orm, this.layout, wanted);
  }

  async close(): Promise<void> {
    await disconnect(this.orm, this.pool);
    await this.#release();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

function layoutsWith(entity: Entity): string[] {
  return Object.values(LAYOUTS).flatMap(({ name, entities }) => (entities.includes(schemaOf(entity)) ? name : []));
}
