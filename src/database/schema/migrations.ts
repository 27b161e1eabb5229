import type { Transaction } from '@mikro-orm/core';
import { type Migration, Migrator } from '@mikro-orm/migrations';
import type { EntityManager, MikroORM } from '@mikro-orm/postgresql';
import { migrations } from '../../../migrations/index.ts';
import { ConflictError, LockTimeoutError, NotFoundError } from '../../errors.ts';
import { defined } from '../../text/defined.ts';
import { SCHEMA_KEY, SCHEMA_LOCK } from '../current-schema.ts';
import { query } from '../query.ts';
import { pollLock } from '../session.ts';
import { executedMigrations } from './status.ts';
import { CurrentSchemaStorage } from './storage.ts';

/** No snapshot file: the difference is taken from the database. */
const MIGRATOR_OPTIONS = { snapshot: false, silent: true };

/** A migration, as a file of `migrations/` exports it. */
export type MigrationClass = new (...parameters: ConstructorParameters<typeof Migration>) => Migration;

/** How long to wait for another migration, and for locks on tables that are in use. */
export interface LockOptions {
  lockTimeoutSeconds: number;
  signal?: AbortSignal;
}

/**
 * Runs the pending migrations, up to and including `to`, in one transaction.
 * @returns the names of those that ran; empty when there was nothing to do
 * @throws NotFoundError for an unknown `to`, LockTimeoutError
 */
export async function migrate(orm: MikroORM, to: string | undefined, lock: LockOptions): Promise<string[]> {
  const target = to === undefined ? undefined : migrationName(orm, to);
  return await withSchemaLock(orm.em, lock, (em) => run(orm, em, 'up', target));
}

/**
 * Reverts the last migration, or all that came after `to`, in one transaction.
 * @returns the names of those that were reverted, the newest first
 * @throws NotFoundError for an unknown `to`, ConflictError when `to` has not run, LockTimeoutError
 */
export async function rollback(orm: MikroORM, to: string | undefined, lock: LockOptions): Promise<string[]> {
  const target = to === undefined ? undefined : migrationName(orm, to);
  return await withSchemaLock(orm.em, lock, async (em) => {
    if (target && !(await executedMigrations(em)).has(target)) {
      throw new ConflictError(`The migration ${target} has not run, so there is nothing after it to revert.`);
    }
    return await run(orm, em, 'down', target);
  });
}

async function run(
  orm: MikroORM,
  em: EntityManager,
  direction: 'up' | 'down',
  to: string | undefined,
): Promise<string[]> {
  const transaction = em.getTransactionContext();
  const done = await new TransactionalMigrator(orm, transaction)[direction]({ transaction, ...defined({ to }) });
  return done.map(({ name }) => name);
}

/**
 * Records a migration as executed without running it.
 * @returns its name, and whether it was recorded now (not already)
 */
export async function stamp(
  orm: MikroORM,
  name: string,
  lock: LockOptions,
): Promise<{ name: string; recorded: boolean }> {
  const target = migrationName(orm, name);
  return await withSchemaLock(orm.em, lock, async (em) => {
    if ((await executedMigrations(em)).has(target)) {
      return { name: target, recorded: false };
    }
    await new TransactionalMigrator(orm, em.getTransactionContext()).logMigration(target);
    return { name: target, recorded: true };
  });
}

/** The statements that `migrate` would run, a list a migration. */
export async function plannedStatements(
  orm: MikroORM,
  to: string | undefined,
): Promise<{ name: string; statements: string[] }[]> {
  const known = migrationNames(orm);
  const executed = await executedMigrations(orm.em);
  const last = to === undefined ? known.length - 1 : known.indexOf(migrationName(orm, to));
  const planned = migrations.slice(0, last + 1).map(async (Type, at) => ({
    name: known[at] ?? '',
    statements: await statementsOf(orm, Type),
  }));
  return (await Promise.all(planned)).filter(({ name }) => !executed.has(name));
}

/** Takes the schema lock, in a transaction that `work` runs in; the lock goes with the transaction. */
export async function withSchemaLock<T>(
  em: EntityManager,
  { lockTimeoutSeconds, signal }: LockOptions,
  work: (em: EntityManager) => Promise<T>,
): Promise<T> {
  return await em.fork().transactional(async (inner) => {
    if (!(await pollLock(() => tryLock(inner), lockTimeoutSeconds, signal))) {
      throw new LockTimeoutError(
        `Another process has been changing the schema for more than ${lockTimeoutSeconds} s.`,
        {
          hint: 'Try again when it is done, or wait longer with --lock-timeout.',
        },
      );
    }
    // In the current schema alone: a statement must not find a table or an index of that name in the next one.
    await query(
      inner,
      `select set_config('lock_timeout', ?, true), set_config('search_path', quote_ident(current_schema()), true)`,
      [`${Math.max(1, lockTimeoutSeconds * 1000)}ms`],
    );
    return await work(inner);
  });
}

async function tryLock(em: EntityManager): Promise<boolean> {
  const [row] = await query<{ locked: boolean }>(em, `select pg_try_advisory_xact_lock(?, ${SCHEMA_KEY}) as locked`, [
    SCHEMA_LOCK,
  ]);
  return row?.locked === true;
}

/** All migrations' names, the oldest first. */
export function migrationNames(orm: MikroORM): string[] {
  return migrations.map((Type) => new Type(orm.driver, orm.config).name);
}

/** The full name for a full name or its unambiguous end, such as `initial`. */
function migrationName(orm: MikroORM, given: string): string {
  const names = migrationNames(orm);
  const matching = names.filter((name) => name === given || name.endsWith(`_${given}`));
  const [name] = matching;
  if (!name || matching.length > 1) {
    throw new NotFoundError(`There is ${name ? 'more than one' : 'no'} migration "${given}".`, {
      hint: `Known: ${names.join(', ')}.`,
    });
  }
  return name;
}

/** The SQL of one migration's way up. */
export async function statementsOf(orm: MikroORM, Type: MigrationClass): Promise<string[]> {
  const migration = new Type(orm.driver, orm.config);
  await migration.up();
  return migration.getQueries().map(String);
}

/** MikroORM's migrator, but with its own table made inside the transaction too: a failure leaves nothing behind. */
class TransactionalMigrator extends Migrator {
  constructor(orm: MikroORM, transaction: Transaction | undefined) {
    orm.config.set('migrations', { ...orm.config.get('migrations'), ...MIGRATOR_OPTIONS, migrationsList: migrations });
    super(orm.em);
    this.storage.setMasterMigration(transaction);
  }

  protected override createStorage(): CurrentSchemaStorage {
    return new CurrentSchemaStorage(this.driver, this.options);
  }

  override async init(): Promise<void> {
    // The base class would create the database and the table outside the transaction.
  }
}
