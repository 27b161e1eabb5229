import { Client } from 'pg';
import { test } from 'vitest';
import type { StorageForm } from '../../src/database/layouts/storage-form.ts';
import { onAllServers } from './citus.ts';
import { createTables } from './layout-tables.ts';
import { anEmptySite, aSite, layout, type Site } from './site.ts';

/** How the datapoints of a test are stored: in chunks that are compressed, too, or in a table that Citus is to distribute. */
export type TestedForm = StorageForm | 'compressed' | 'registered';

/** The variables with a connection string of a server that has the extension, for databases of the tests. */
const SERVERS: Partial<Record<TestedForm, string>> = {
  hypertable: 'WEBMACS_TEST_TIMESCALE_URL',
  compressed: 'WEBMACS_TEST_TIMESCALE_URL',
  distributed: 'WEBMACS_TEST_CITUS_URL',
  registered: 'WEBMACS_TEST_CITUS_URL',
};

/** With `WEBMACS_REQUIRE_EXTENSIONS=1`, a form that cannot be tested is a failure. */
const REQUIRED = process.env.WEBMACS_REQUIRE_EXTENSIONS === '1';

/**
 * Whether the licence of the server's TimescaleDB includes compression, policies and continuous aggregates, and whether transactions
 * can be prepared there.
 */
export const { isLicensed, canPrepare } = await abilitiesOf(serverOf('hypertable'));

async function abilitiesOf(server: string | undefined): Promise<{ isLicensed: boolean; canPrepare: boolean }> {
  if (server === undefined) {
    return { isLicensed: false, canPrepare: false };
  }
  const client = new Client(server);
  await client.connect();
  const { rows } = await client.query<{ version: string }>(
    `select default_version as version from pg_available_extensions where name = 'timescaledb'`,
  );
  // Its setting is known only where its library is loaded.
  await client.query(`load 'timescaledb-${rows[0]?.version}'`);
  const abilities = await client.query<{ isLicensed: boolean; canPrepare: boolean }>(
    `select current_setting('timescaledb.license') <> 'apache' as "isLicensed",
            current_setting('max_prepared_transactions')::int > 0 as "canPrepare"`,
  );
  await client.end();
  return abilities.rows[0] ?? { isLicensed: false, canPrepare: false };
}

function serverOf(form: TestedForm): string | undefined {
  return process.env[SERVERS[form] ?? ''];
}

/** Whether tests of a form can run here; if they have to, they fail where they cannot. */
export function hasForm(form: TestedForm): boolean {
  if (form === 'compressed' && serverOf(form) !== undefined && !isLicensed) {
    return false;
  }
  return SERVERS[form] === undefined || serverOf(form) !== undefined || REQUIRED;
}

/** A test of one form of storage, skipped by name where its server is missing. */
export function testForm(form: TestedForm, name: string, body: () => Promise<void>): void {
  const variable = SERVERS[form];
  const needs = form === 'compressed' ? `${variable} with the licence of TimescaleDB` : variable;
  // Servers with extensions are slower, and may have other work.
  test.skipIf(!hasForm(form))(needs ? `${name} (needs ${needs})` : name, { timeout: needs ? 180_000 : 60_000 }, body);
}

/** Creates a site with empty tables on a server that can store datapoints in the form; they are still in one table. */
export async function aSiteFor(form: TestedForm): Promise<Site> {
  const variable = SERVERS[form];
  if (variable === undefined) {
    return await aSite();
  }
  const server = serverOf(form);
  if (server === undefined) {
    throw new Error(`${variable} is not set`);
  }
  const empty = await anEmptySite(server);
  const site = variable === SERVERS.distributed ? await onAllServers(server, empty) : empty;
  await createTables(site.url, layout);
  return site;
}
