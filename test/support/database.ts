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

/** A database with all tables, in the layout under test, of its own for a test file, dropped at the end with whoever is still connected. */
export async function freshDatabase(layout: LayoutName = inject('layout')): Promise<FreshDatabase> {
  return await createDatabase(` template ${identifier(layout)}`);
}

/** A database without any table. */
export async function emptyDatabase(): Promise<FreshDatabase> {
  return await createDatabase('');
}

/** The program's own connection to a test's database. */
export async function openDatabase({ url }: { url: string }, entities?: readonly Entity[]): Promise<Database> {
  return await Database.open(targetFromUrl(url, {}, 'the test'), entities ? { entities } : {});
}

async function createDatabase(template: string): Promise<FreshDatabase> {
  const name = `test_${randomUUID()}`;
  await onServer(`create database ${identifier(name)}${template}`);
  const url = new URL(inject('serverUrl'));
  url.pathname = name;
  const pool = new pg.Pool({ connectionString: url.href });
  // A client that is still hanging up when the database is dropped would otherwise end the test run.
  pool.on('error', () => {});
  pool.on('connect', (client) => client.on('error', () => {}));
  return {
    name,
    url: url.href,
    pool,
    async [Symbol.asyncDispose]() {
      await pool.end();
      await onServer(`drop database ${identifier(name)} with (force)`);
    },
  };
}

async function onServer(sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: inject('serverUrl') });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
