import type { ClientBase, Pool } from 'pg';
import { SCHEMA_LOCK_HOLDERS } from '../database/current-schema.ts';
import { runAlone } from '../database/run-alone.ts';
import { LONG_RUNNING, PORTABLE_TEXT, withSession } from '../database/session.ts';
import { identifier } from '../database/sql.ts';
import { ConflictError } from '../errors.ts';
import { type Storage, storageOf } from './storage.ts';
import { ONE_TABLE_KEYS, ownKey } from './swap.ts';
import { type TableFacts, tableFacts } from './table-facts.ts';

export { briefly } from '../database/briefly.ts';

export interface ConversionOptions {
  /** How long to wait for locks of other sessions. */
  lockTimeoutSeconds: number;
  signal: AbortSignal;
  /** Called before each step with what it does. */
  onStep(step: string): Promise<void>;
}

/** Reads the storage in one transaction. */
export async function look(pool: Pool): Promise<Storage> {
  return await reading(pool, storageOf);
}

/** Calls `work` in a transaction in which texts of the server have one form. */
export async function reading<T>(pool: Pool, work: (client: ClientBase) => Promise<T>): Promise<T> {
  return await withSession(pool, { settings: { ...PORTABLE_TEXT, ...LONG_RUNNING } }, ({ transaction }) =>
    transaction(work),
  );
}

/** Whether another process changes the schema now. */
export async function isSchemaLocked(pool: Pool): Promise<boolean> {
  const { rows } = await pool.query<{ locked: boolean }>(`select exists (${SCHEMA_LOCK_HOLDERS}) as locked`);
  return rows[0]?.locked === true;
}

/** A unique index that a conversion builds beforehand, under a name of its own. */
export interface Key {
  index: string;
  columns: readonly string[];
}

/** Builds a unique index while the table is used, or what an interrupted run has left of it. */
export async function buildKey(
  pool: Pool,
  table: string,
  { index, columns }: Key,
  options: ConversionOptions,
): Promise<void> {
  const { indexes } = await reading(pool, (client) => tableFacts(client, table));
  const present = indexes.find(({ name }) => name === index);
  if (present?.valid) {
    return;
  }
  await options.onStep(`building a unique index on (${columns.join(', ')})`);
  if (present) {
    await runAlone(pool, `drop index concurrently ${identifier(index)}`, options);
  }
  const list = columns.map(identifier).join(', ');
  await runAlone(
    pool,
    `create unique index concurrently ${identifier(index)} on ${identifier(table)} (${list})`,
    options,
  );
}

/** @throws ConflictError if the table has what a conversion would lose, or the role lacks a privilege for it */
export function expectNoObstacles(facts: TableFacts): void {
  const { obstacles, triggers, indexes, constraints, isWidened } = facts;
  expectPrivileges(facts);
  if (isWidened) {
    throw new ConflictError('The ids of "datapoints" are being widened, which has to be finished or undone first.', {
      hint: 'Run "webmacs db storage widen", or "webmacs db storage widen --undo".',
    });
  }
  const others = [
    ...triggers.map(({ sql }) => `the trigger ${sql}`),
    ...obstacles,
    ...indexes
      .filter(
        ({ unique, primary, columns }) =>
          unique && !primary && !columns.includes('timestamp') && columns.join() !== 'public_id',
      )
      .map(({ name }) => `the unique index ${identifier(name)}`),
    ...constraints
      .filter(({ kind }) => kind === 'x' || kind === 't')
      .map(({ name }) => `the constraint ${identifier(name)}`),
  ];
  if (others.length > 0) {
    throw new ConflictError(`"datapoints" has what would be lost: ${others.join(', ')}.`, {
      hint: 'Drop it first, and add it again afterwards, if the new form can have it.',
    });
  }
}

/** @throws ConflictError if the role lacks privileges */
export function expectPrivileges({ table, lacking }: Pick<TableFacts, 'table' | 'lacking'>): void {
  if (lacking.length > 0) {
    throw new ConflictError(`The role may not convert "${table}": it lacks ${lacking.join(', ')}.`, {
      hint: 'Have it granted, or use the role that the tables belong to.',
    });
  }
}

/** What an interrupted conversion into one table may have built. */
const BUILT: readonly string[] = ONE_TABLE_KEYS.map(({ index }) => index);

/**
 * Checks a partition whose rows are copied.
 * @param others what has them afterwards, for the message
 * @throws ConflictError if it has what they would lose
 */
export async function expectNothingLost(client: ClientBase, partition: string, others: string): Promise<void> {
  const facts = await tableFacts(client, partition);
  const { obstacles, triggers, indexes } = facts;
  expectPrivileges(facts);
  const key = ownKey(facts);
  const lost = [
    ...triggers.map(({ sql }) => `the trigger ${sql}`),
    ...obstacles,
    ...indexes
      .filter(({ name, valid, parent }) => valid && parent === null && name !== key && !BUILT.includes(name))
      .map(({ name }) => `the index ${identifier(name)}`),
  ];
  if (lost.length > 0) {
    throw new ConflictError(`${partition} has what ${others} would lose: ${lost.join(', ')}.`, {
      hint: 'Drop it first.',
    });
  }
}
