import type { ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import type { Pool } from 'pg';
import { inject } from 'vitest';
import type { LayoutName } from '../../src/database/layouts/layouts.ts';
import { emptyDatabase, type FreshDatabase, freshDatabase } from './database.ts';
import { type Run, type RunOptions, type StartOptions, startedWebmacs, startWebmacs, webmacs } from './program.ts';

/** The layout of the databases under test, and its columns, defined independently of the program. */
export const layout = inject('layout');
/** What a command that changes tables of the server needs. */
export const AGREED = layout === 'own' ? '' : ' --server-agrees';
export const columns =
  layout === 'own'
    ? { password: 'hashed_password', eventType: 'event_type' }
    : { password: 'password_hash', eventType: 'type' };

/** Inserts one row as another program would, with every column. */
export async function insertRow(
  { pool }: Pick<Site, 'pool'>,
  table: string,
  row: Record<string, unknown>,
): Promise<void> {
  const names = Object.keys(row).map((name) => `"${name}"`);
  const places = names.map((_name, at) => `$${at + 1}`);
  await pool.query(`insert into ${table} (${names.join(', ')}) values (${places.join(', ')})`, Object.values(row));
}

/** A database, and the program running on it without a terminal. */
export interface Site extends AsyncDisposable {
  url: string;
  pool: Pool;
  /** Runs a command line in the test's process; a string is split at blanks. */
  run(line: string | string[], options?: RunOptions): Promise<Run>;
  /** Runs a command line in a separate process. */
  runStarted(line: string | string[], options?: StartOptions): Promise<Run>;
  /** Starts a command line in a separate process, and leaves it running. */
  start(line: string | string[], options?: StartOptions): ChildProcess;
}

/** Creates a site with all tables, empty, in the layout under test or the given one. */
export async function aSite(given?: LayoutName): Promise<Site> {
  return siteOn(await freshDatabase(given));
}

/**
 * Creates a site whose database has no tables.
 * @param serverUrl of another server than that of the run
 */
export async function anEmptySite(serverUrl?: string): Promise<Site> {
  return siteOn(await emptyDatabase(serverUrl));
}

function siteOn(database: FreshDatabase): Site {
  const wordsOf = (line: string | string[]) => (typeof line === 'string' ? line.split(' ') : line);
  const withDatabase = ({ env = {}, ...rest }: RunOptions) => ({
    ...rest,
    env: { DATABASE_URL: database.url, ...env },
  });
  return {
    url: database.url,
    pool: database.pool,
    run: async (line, options = {}) => await webmacs(wordsOf(line), withDatabase(options)),
    runStarted: async (line, options = {}) => await startedWebmacs(wordsOf(line), withDatabase(options)),
    start: (line, options = {}) => startWebmacs(wordsOf(line), withDatabase(options)),
    [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
  };
}

/** A hash of no password, in the form that the server accepts. */
export const NO_PASSWORD = `$2b$12$${'x'.repeat(53)}`;

/** Inserts a user that cannot log in. */
export async function aUser(
  { pool }: Pick<Site, 'pool'>,
  {
    username = `user-${randomUUID()}`.slice(0, 20),
    admin = false,
    publicId = randomUUID() as string,
    hash = NO_PASSWORD,
  } = {},
): Promise<{ publicId: string; username: string }> {
  await insertRow({ pool }, 'users', {
    public_id: publicId,
    username,
    email: `${username}@lab.org`,
    [columns.password]: hash,
    ...(layout === 'server-roles' ? { role: admin ? 'admin' : 'viewer' } : { admin }),
  });
  return { publicId, username };
}

/** Inserts an event, by default of a new user. */
export async function anEvent(
  { pool }: Pick<Site, 'pool'>,
  { name = `event-${randomUUID()}`, unit = '°C', owner = '', publicId = randomUUID() as string } = {},
): Promise<{ publicId: string; name: string }> {
  await insertRow({ pool }, 'events', {
    public_id: publicId,
    name,
    unit,
    min_value: 0,
    max_value: 100,
    [columns.eventType]: 'sensor',
    user_public_id: owner || (await aUser({ pool })).publicId,
  });
  return { publicId, name };
}

/** Inserts an experiment, by default a stopped one. */
export async function anExperiment(
  { pool }: Pick<Site, 'pool'>,
  { name = `experiment-${randomUUID()}`, owner = '', running = false } = {},
): Promise<{ publicId: string; name: string }> {
  const publicId = randomUUID();
  await pool.query(
    `insert into experiments (public_id, name, user_public_id, started_on, stopped_on)
     values ($1, $2, $3, '2026-01-01', case when $4 then null else timestamptz '2026-01-02' end)`,
    [publicId, name, owner || (await aUser({ pool })).publicId, running],
  );
  return { publicId, name };
}

/** Inserts datapoints of an event, one per second from 2026-01-01T00:00:00Z, with the values 0, 1, 2 and so on. */
export async function datapoints(
  { pool }: Pick<Site, 'pool'>,
  rows: number,
  { event, experiment }: { event: string; experiment?: string },
): Promise<void> {
  const client = await pool.connect();
  try {
    // To check the foreign keys of each row, which exist, would take most of the time.
    await client.query('begin; set local session_replication_role = replica');
    await client.query(
      `insert into datapoints (public_id, value, timestamp, event_public_id, experiment_public_id)
       select gen_random_uuid(), i, timestamptz '2026-01-01T00:00:00Z' + i * interval '1 second', $1, $2
         from generate_series(0, $3::int - 1) as i`,
      [event, experiment ?? null, rows],
    );
    await client.query('commit');
  } finally {
    client.release();
  }
}

/** Inserts log entries of a user that are `daysAgo` old. */
export async function logEntries(
  { pool }: Pick<Site, 'pool'>,
  count: number,
  {
    owner,
    daysAgo = 0,
    type = 'info',
    status = 'unread',
  }: { owner: string; daysAgo?: number; type?: string; status?: string },
): Promise<void> {
  await pool.query(
    `insert into log_entries (public_id, content, logging_type, status_type, user_public_id, created_on)
     select gen_random_uuid(), 'Entry ' || n, $2, $3, $4, now() - $5 * interval '1 day' from generate_series(1, $1::int) n`,
    [count, type, status, owner, daysAgo],
  );
}
