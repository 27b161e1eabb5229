import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { aPluginDirectory } from '../plugins/plugin-directory.ts';
import { aPooler, hasPgbouncer, type Pooler } from '../support/pgbouncer.ts';
import { temporaryDirectory } from '../support/program.ts';
import { anEmptySite, anEvent, anExperiment, aSite, aUser, datapoints, logEntries } from '../support/site.ts';
import { aJwt, revoked } from '../support/tokens.ts';

const CLEAN = { settings: [], locks: 0 };

describe.skipIf(!hasPgbouncer())('behind a pgbouncer in transaction mode (which must be installed)', () => {
  let pooler: Pooler;
  const sites = Promise.all([aSite('own'), anEmptySite()]);
  const folder = temporaryDirectory();
  beforeAll(async () => {
    const [site] = await sites;
    pooler = await aPooler(site, 2);
  });
  afterAll(async () => {
    await pooler[Symbol.asyncDispose]();
    for (const site of await sites) {
      await site[Symbol.asyncDispose]();
    }
    folder[Symbol.dispose]();
  });

  test('a prune works twice in a row, and leaves neither settings nor locks', async () => {
    const [site] = await sites;
    for (const subject of ['one', 'two']) {
      await revoked(site.pool, aJwt({ sub: subject, exp: 1_000_000 }), 1000);
      const { code, stdout, stderr } = await pooler.run('tokens prune --yes --json');
      expect([code, stderr, JSON.parse(stdout)]).toEqual([0, '', expect.objectContaining({ deleted: 1 })]);
      expect(await pooler.leftovers(site)).toEqual(CLEAN);
    }
  });

  test('an export over more connections than the pooler has is complete, and can be imported', async () => {
    const [site] = await sites;
    const { publicId: event } = await anEvent(site);
    const experiment = await anExperiment(site);
    await datapoints(site, 60_000, { event, experiment: experiment.publicId });
    const file = join(folder.path, 'run.csv');
    const exported = await pooler.run(['experiments', 'export', experiment.name, '-o', file, '--jobs', '8']);
    expect([exported.code, readFileSync(file, 'utf8').split('\n').length]).toEqual([0, 60_002]);
    await site.pool.query('delete from datapoints');
    const imported = await pooler.run(['datapoints', 'import', file, '--experiment', experiment.name, '--json']);
    expect([imported.code, JSON.parse(imported.stdout)]).toEqual([0, expect.objectContaining({ rows: 60_000 })]);
    expect(await pooler.leftovers(site)).toEqual(CLEAN);
  });

  test('lists, changes, prunes, plugins and maintenance leave neither settings nor locks', async () => {
    const [site] = await sites;
    const { publicId: owner } = await aUser(site, { username: 'root', admin: true });
    await logEntries(site, 20, { owner, daysAgo: 400 });
    const plugins = aPluginDirectory({ ...site, run: pooler.run }, folder.path);
    const runs = {
      'users list': await pooler.run('users list'),
      'users show': await pooler.run('users show root'),
      'logs prune': await pooler.run('logs prune --older-than 365d --yes'),
      'datapoints prune': await pooler.run('datapoints prune --older-than 1d --yes'),
      'plugins install': await plugins.run(
        'install',
        plugins.wheel({ name: 'demo', plugins: ['one'] }),
        '--as',
        'root',
      ),
      'plugins uninstall': await plugins.run('uninstall', 'demo', '--yes'),
      'db check': await pooler.run('db check'),
      'db maintain': await pooler.run('db maintain --reindex --table log_entries'),
    };
    for (const [line, { code, stderr }] of Object.entries(runs)) {
      expect([line, code, stderr]).toEqual([line, 0, expect.any(String)]);
    }
    const { rows } = await site.pool.query('select count(*)::int as rows from log_entries');
    expect(rows).toEqual([{ rows: 0 }]);
    expect(await pooler.leftovers(site)).toEqual(CLEAN);
  });

  test('a transaction in the way of an index ends the maintenance with 7, by a lock timeout of its own', async () => {
    const [site] = await sites;
    const holder = await site.pool.connect();
    await holder.query('begin; select 1 from users limit 1');
    const { code } = await pooler.run('db maintain --reindex --table users --lock-timeout 1');
    await holder.query('commit');
    holder.release();
    expect(code).toBe(7);
    expect(await pooler.leftovers(site)).toEqual(CLEAN);
  });

  test('a database is migrated and copied', async () => {
    const [site, target] = await sites;
    const env = { DATABASE_URL: pooler.urlFor(target) };
    expect(await pooler.run('db migrate', { env })).toMatchObject({ code: 0 });
    const urls = ['--source', pooler.urlFor(site), '--target', pooler.urlFor(target)];
    const { code, stderr } = await pooler.run(['migrate-from', ...urls], { env });
    expect([code, stderr]).toEqual([0, expect.any(String)]);
    const list = await pooler.run('users list --json', { env });
    expect(list.stdout).toBe((await site.run('users list --json')).stdout);
    expect(await pooler.leftovers(site)).toEqual(CLEAN);
    expect(await pooler.leftovers(target)).toEqual(CLEAN);
  });

  test('a backup over more connections than the pooler has is complete, and so is a restore', async () => {
    const [site] = await sites;
    const { publicId: event } = await anEvent(site);
    await datapoints(site, 30_000, { event });
    const file = join(folder.path, 'a.tar.zst');
    expect(await pooler.run(['db', 'backup', '-o', file, '--jobs', '8'])).toMatchObject({ code: 0 });
    expect(await pooler.leftovers(site)).toEqual(CLEAN);
    await using target = await anEmptySite();
    const env = { DATABASE_URL: pooler.urlFor(target) };
    expect(await pooler.run(['db', 'restore', file], { env })).toMatchObject({ code: 0 });
    const count = 'select count(*)::int as rows from datapoints';
    expect((await target.pool.query(count)).rows).toEqual((await site.pool.query(count)).rows);
    expect(await pooler.leftovers(target)).toEqual(CLEAN);
  });

  test('settings that the user gave are still sent', async () => {
    const { code, stderr } = await pooler.run('users list', { env: { PGOPTIONS: '-c search_path=lab2' } });
    expect([code, stderr]).toEqual([5, expect.stringMatching(/refused: .*options[\s\S]*ALTER ROLE/)]);
    expect(await pooler.run('users list', { env: { PGTZ: 'Europe/Berlin' } })).toMatchObject({ code: 0 });
  });

  test('with one connection only, settings of the database change nothing that is read', async () => {
    const [site] = await sites;
    const { publicId: event } = await anEvent(site);
    await site.pool.query(
      `insert into datapoints (public_id, value, timestamp, event_public_id) values ('d', 0.1234567890123456, now(), $1)`,
      [event],
    );
    for (const setting of ['extra_float_digits = -5', 'search_path = pg_catalog', `datestyle = 'German'`]) {
      await site.pool.query(
        `do $$ begin execute format('alter database %I set ${setting.replaceAll("'", "''")}', current_database()); end $$`,
      );
    }
    await using narrow = await aPooler(site, 1);
    const { code, stdout } = await narrow.run('datapoints list --json');
    expect([code, stdout]).toEqual([0, expect.stringContaining('"value":0.1234567890123456')]);
    expect(await narrow.leftovers(site)).toEqual(CLEAN);
  });
});
