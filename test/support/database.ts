import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { inject } from 'vitest';
import { Database, type Entity } from '../../src/database/database.ts';
import type { LayoutName } from '../../src/database/layouts/layouts.ts';
import { identifier } from '../../src/database/sql.ts';
import { targetFromUrl } from '../../src/database/target.ts';

export interface FreshDatabase extends AsyncDisposable {
  readonly name: string;
  readonly url: string;
  readonly pool: pg.Pool;
}

/** Creates a database with all tables, in the layout under test, for one test file; dropped with all connections to it. */
export async function freshDatabase(layout: LayoutName = inject('layout')): Promise<FreshDatabase> {
  // To copy the files takes the server an eighth of the processor time that it takes to log each block.
  return await createDatabase(` template ${identifier(layout)} strategy file_copy`);
}

/**
 * Creates a database without tables.
 * @param serverUrl of another server than that of the run
 */
export async function emptyDatabase(serverUrl?: string): Promise<FreshDatabase> {
  return await createDatabase('', serverUrl);
}

/** Opens the database of a test as the program does. */
export async function openDatabase({ url }: { url: string }, entities?: readonly Entity[]): Promise<Database> {
  return await Database.open(targetFromUrl(url, {}, 'the test'), entities ? { entities } : {});
}

async function createDatabase(template: string, serverUrl = inject('serverUrl')): Promise<FreshDatabase> {
  const name = `test_${randomUUID()}`;
  await onServer(serverUrl, `create database ${identifier(name)}${template}`);
  const url = new URL(serverUrl);
  url.pathname = name;
  const pool = new pg.Pool({ connectionString: url.href });
  // A client that is still closing when the database is dropped would otherwise end the test run.
  pool.on('error', () => {});
  pool.on('connect', (client) => client.on('error', () => {}));
  return {
    name,
    url: url.href,
    pool,
    async [Symbol.asyncDispose]() {
      await pool.end();
      await onServer(serverUrl, `drop database ${identifier(name)} with (force)`);
    },
  };
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
