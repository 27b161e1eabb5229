import pg from 'pg';
import { identifier } from '../../src/database/sql.ts';
import { PROGRAM } from '../support/paths.ts';
import { type Settings, timed } from './measure.ts';

/** Creates a database for a group of figures, migrated unless it is to be empty, replacing an existing one. */
export async function databaseFor({ url }: Settings, name: string, migrated = true): Promise<string> {
  await withClient(url, async (client) => {
    await client.query(`drop database if exists ${identifier(name)} with (force)`);
    await client.query(`create database ${identifier(name)}`);
  });
  const own = new URL(url);
  own.pathname = name;
  if (migrated) {
    await timed(process.execPath, [PROGRAM, 'db', 'migrate', '-q'], { DATABASE_URL: own.href });
  }
  return own.href;
}

/** Calls `work` with a connection, and closes it. */
export async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
