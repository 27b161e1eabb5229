import { test } from 'vitest';
import type { StorageForm } from '../../src/database/layouts/storage-form.ts';
import { onAllServers } from './citus.ts';
import { createTables } from './layout-tables.ts';
import { anEmptySite, aSite, layout, type Site } from './site.ts';

/** The variables with a connection string of a server that has the extension, for databases of the tests. */
const SERVERS: Partial<Record<StorageForm, string>> = {
  hypertable: 'WEBMACS_TEST_TIMESCALE_URL',
  distributed: 'WEBMACS_TEST_CITUS_URL',
};

/** With `WEBMACS_REQUIRE_EXTENSIONS=1`, a form that cannot be tested is a failure. */
const REQUIRED = process.env.WEBMACS_REQUIRE_EXTENSIONS === '1';

function serverOf(form: StorageForm): string | undefined {
  return process.env[SERVERS[form] ?? ''];
}

/** Whether tests of a form can run here; if they have to, they fail where they cannot. */
export function hasForm(form: StorageForm): boolean {
  return SERVERS[form] === undefined || serverOf(form) !== undefined || REQUIRED;
}

/** A test of one form of storage, skipped by name where its server is missing. */
export function testForm(form: StorageForm, name: string, body: () => Promise<void>): void {
  const variable = SERVERS[form];
  test.skipIf(!hasForm(form))(variable ? `${name} (needs ${variable})` : name, body);
}

/** Creates a site with empty tables on a server that can store datapoints in the form; they are still in one table. */
export async function aSiteFor(form: StorageForm): Promise<Site> {
  const variable = SERVERS[form];
  if (variable === undefined) {
    return await aSite();
  }
  const server = serverOf(form);
  if (server === undefined) {
    throw new Error(`${variable} is not set`);
  }
  const empty = await anEmptySite(server);
  const site = form === 'distributed' ? await onAllServers(server, empty) : empty;
  await createTables(site.url, layout);
  return site;
}
