import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import pg from 'pg';
import { pathsIn } from '../../src/database/embedded-server/directory.ts';
import { identifier } from '../../src/database/sql.ts';
import { until } from '../support/until.ts';
import { SECRET } from './secret.ts';

/** A database of a part, and its URL with a password, which the server does not ask for. */
export interface HostileSite extends AsyncDisposable {
  url: string;
  pool: pg.Pool;
  /** Runs a query, and returns the first column of its first row. */
  value(sql: string, values?: unknown[]): Promise<unknown>;
  /** Waits until the sessions of a killed program have ended. */
  quiet(): Promise<void>;
}

const server = process.env.HOSTILE_SERVER ?? '';

/**
 * Creates a database with all tables, or with none.
 * @param on another server than that of all parts, without tables
 */
export async function hostileSite({ tables = true, on = server } = {}): Promise<HostileSite> {
  const name = `hostile_${randomUUID()}`;
  await onServer(on, `create database ${identifier(name)}${tables ? ' template own strategy file_copy' : ''}`);
  const url = new URL(on);
  url.pathname = name;
  const pool = new pg.Pool({ connectionString: url.href, application_name: 'hostile' });
  pool.on('error', () => {});
  pool.on('connect', (client) => client.on('error', () => {}));
  url.password = SECRET;
  const value = async (sql: string, values: unknown[] = []) =>
    Object.values((await pool.query<Record<string, unknown>>(sql, values)).rows[0] ?? {})[0];
  return {
    url: url.href,
    pool,
    value,
    async quiet() {
      const sessions = `select count(*)::int from pg_stat_activity
        where datname = current_database() and application_name <> 'hostile' and application_name not like 'citus_%'
          and backend_type = 'client backend'`;
      await until(async () => (await value(sessions)) === 0, { deadlineMs: 60_000 });
    },
    async [Symbol.asyncDispose]() {
      await pool.end();
      await onServer(on, `drop database ${identifier(name)} with (force)`);
    },
  };
}

/** The log of the server of all parts. */
export function serverLog(): string {
  return readFileSync(pathsIn(join(dirname(tmpdir()), 'server')).log, 'utf8');
}

async function onServer(connectionString: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
