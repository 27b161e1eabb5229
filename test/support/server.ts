import { mkdtempSync, rmSync } from 'node:fs';
import { chmod } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import type { TestProject } from 'vitest/node';
import { Database } from '../../src/database/database.ts';
import { acquireServer } from '../../src/database/embedded-server/server.ts';
import { migrate } from '../../src/database/schema/migrations.ts';
import { identifier } from '../../src/database/sql.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Connection string of the test server's maintenance database. */
    serverUrl: string;
    /** A migrated database to clone. */
    templateDatabase: string;
  }
}

const TEMPLATE = 'migrated_template';

/** One embedded server for the whole run, with a migrated database that each test file clones. */
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
  await client.query(`create database ${identifier(TEMPLATE)}`);
  await client.end();
  const database = await Database.open({
    kind: 'server',
    host,
    port,
    user,
    database: TEMPLATE,
    sslMode: 'disable',
    connectTimeoutSeconds: 10,
  });
  await migrate(database.orm, undefined, { lockTimeoutSeconds: 10 });
  await database.close();
  project.provide('serverUrl', urlOf('postgres'));
  project.provide('templateDatabase', TEMPLATE);
  return async () => {
    await lease.release();
    rmSync(directory, { recursive: true, force: true });
  };
}
