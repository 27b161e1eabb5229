import { mkdtempSync, rmSync } from 'node:fs';
import { chmod } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import type { TestProject } from 'vitest/node';
import { Database } from '../../src/database/database.ts';
import { acquireServer } from '../../src/database/embedded-server/server.ts';
import { LAYOUTS, type LayoutName } from '../../src/database/layouts/layouts.ts';
import { serverSchema } from '../../src/database/layouts/server-schema.ts';
import { migrate } from '../../src/database/schema/migrations.ts';
import { identifier } from '../../src/database/sql.ts';
import { targetFromUrl } from '../../src/database/target.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Connection string of the test server's maintenance database. */
    serverUrl: string;
    /** The layout under test, which is also the name of the database with all tables to clone. */
    layout: LayoutName;
  }
}

/** One embedded server for the whole run, with a database for each layout that the test files clone. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const directory = mkdtempSync(join(tmpdir(), 'webmacs-test-'));
  // For root the server runs under another account, which must get through.
  await chmod(directory, 0o711);
  const lease = await acquireServer(join(directory, 'server'));
  const { host, port, user } = lease.connection;
  const urlOf = (database: string) =>
    `postgresql://${user}@localhost:${port}/${database}?host=${encodeURIComponent(host)}`;
  const client = new pg.Client({ connectionString: urlOf('postgres') });
  await client.connect();
  for (const layout of Object.keys(LAYOUTS)) {
    await client.query(`create database ${identifier(layout)}`);
  }
  await client.end();
  await using database = await Database.open(targetFromUrl(urlOf('own'), {}, 'the test'), { asIs: true });
  await migrate(database.orm, undefined, { lockTimeoutSeconds: 10 });
  for (const layout of ['server-admin-flag', 'server-roles'] as const) {
    const made = new pg.Client({ connectionString: urlOf(layout) });
    await made.connect();
    await made.query(serverSchema(layout).join(';'));
    await made.end();
  }
  project.provide('serverUrl', urlOf('postgres'));
  return async () => {
    await lease.release();
    rmSync(directory, { recursive: true, force: true });
  };
}
