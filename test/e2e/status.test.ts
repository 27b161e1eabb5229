import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { addPartition, oldDatapoints, remakeDatapoints } from '../support/partitions.ts';
import { anEvent, anExperiment, aSite, aUser, datapoints, insertRow, layout } from '../support/site.ts';

const site = await aSite();
afterAll(() => site[Symbol.asyncDispose]());
beforeAll(async () => {
  const words = ['users', 'create', 'root', '--email', 'root@lab.org', '--admin', '--password-stdin'];
  expect((await site.run(words, { input: 'correct horse battery\n' })).code).toBe(0);
});

const root = async () =>
  (await site.pool.query(`select public_id from users where username = 'root'`)).rows[0].public_id;
const json = async (...more: string[]) => JSON.parse((await site.run(['status', '--json', ...more])).stdout);
const datapoint = async (event: string, when: string) =>
  await site.pool.query(
    `insert into datapoints (public_id, value, timestamp, event_public_id) select gen_random_uuid(), 1, ${when}, $1`,
    [event],
  );
const attention = async () => ((await json()) as { attention: string[] }).attention.join('\n');

describe('status', () => {
  test('of a new site: nothing arrived, nothing runs; --max-age exits 6', async () => {
    expect(await json()).toMatchObject({
      layout,
      size_bytes: expect.any(Number),
      running_experiments: [],
      last_datapoint: null,
      ids_used_percent: { users: 0, datapoints: 0 },
    });
    const { code, stderr } = await site.run('status --max-age 5m');
    expect([code, stderr]).toEqual([6, expect.stringContaining('There is no datapoint; --max-age is 5min.')]);
  });

  test('prints one screen: the running experiment, the last datapoint and its age', async () => {
    const { publicId } = await anEvent(site, { owner: await root() });
    await anExperiment(site, { name: 'Run 7', running: true, owner: await root() });
    await datapoint(publicId, `now() - interval '7530 seconds'`);
    const { code, stdout } = await site.run('status');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^running\tRun 7 since 2026-01-01T00:00:00\+00:00$/m);
    expect(stdout).toMatch(/^last_datapoint\t2 h 5 min ago, at 20\d\d-/m);
    expect(stdout).toMatch(/^size\t[\d.]+ MB, 1 datapoint$/m);
  });

  test('--max-age exits 6 only if the last datapoint is older', async () => {
    expect((await site.run('status --max-age 3h')).code).toBe(0);
    const late = await site.run('status --max-age 2h --quiet');
    expect([late.code, late.stderr]).toEqual([6, expect.stringContaining('is 2 h 5 min old')]);
    expect((await site.run('status --max-age soon')).code).toBe(2);
  });

  test('a datapoint in the future is not the last one, and needs attention', async () => {
    const { publicId } = await anEvent(site, { owner: await root() });
    await datapoint(publicId, `now() + interval '2 hours'`);
    expect((await json()).last_datapoint.age_seconds).toBeGreaterThanOrEqual(7530);
    expect(await attention()).toContain('A datapoint is in the future');
    await site.pool.query('delete from datapoints where timestamp > now()');
  });

  test('--exit-code exits 6 if something needs attention, which is printed with what to do', async () => {
    await site.run('plugins instances create Bare --plugin demo');
    await anExperiment(site, { name: 'Run 8', running: true, owner: await root() });
    await site.run('webhooks create https://lab.org/hook --type sensor.reading');
    const { rows } = await site.pool.query('select id from webhooks');
    await insertRow(site, 'webhook_deliveries', {
      ...{ public_id: 'd1', webhook_id: rows[0].id, event_type: 'sensor.reading', payload: '{}' },
      ...{ status: 'dead_letter', attempts: 3, created_on: new Date() },
    });
    const { code, stdout, stderr } = await site.run('status --exit-code');
    expect([code, stderr]).toEqual([6, expect.stringMatching(/\d points need attention/)]);
    for (const sentence of [
      '2 experiments are running',
      'Instances that feed no event: "Bare". Map their channels: webmacs plugins channels map',
      '1 webhook deliveries were given up within a day',
    ]) {
      expect(stdout).toContain(`attention\t${sentence}`);
    }
    await site.pool.query(`update plugin_instances set status = 'error'`);
    expect(await attention()).toContain('Instances report an error: "Bare".');
    await site.run('plugins instances disable Bare');
    expect(await attention()).not.toContain('Bare');
  });

  test('many datapoints are estimated, which is marked', async () => {
    const { publicId } = await anEvent(site, { owner: await root() });
    await datapoints(site, 10_500, { event: publicId });
    await site.pool.query('analyze datapoints');
    expect(await json()).toMatchObject({ datapoints: 10_501, datapoints_estimated: true });
    expect((await site.run('status')).stdout).toContain(', ~10,501 datapoints\n');
  });

  test.each([false, true])(
    'many datapoints are estimated well before analyze, partitioned: %s',
    async (partitioned) => {
      await using other = await aSite();
      await remakeDatapoints(other.pool, { partitioned });
      const { publicId } = await anEvent(other);
      if (partitioned) {
        await addPartition(other.pool, 'old', { from: 20, to: 10 });
        await addPartition(other.pool, 'new', { from: 10, to: 0 });
      }
      for (const days of [15, 5]) {
        await oldDatapoints({ pool: other.pool, event: publicId }, 20_000, { days });
      }
      const { datapoints: count } = JSON.parse((await other.run('status --json')).stdout);
      expect(Math.abs(count - 40_000)).toBeLessThan(2_000);
    },
  );

  test('deliveries that were interrupted want attention, once all attempts would be over', async () => {
    const { rows } = await site.pool.query('select id from webhooks');
    const row = { webhook_id: rows[0].id, event_type: 'sensor.reading', payload: '{}', status: 'pending', attempts: 1 };
    await insertRow(site, 'webhook_deliveries', { ...row, public_id: 'p1', created_on: new Date() });
    expect(await attention()).not.toContain('interrupted');
    await insertRow(site, 'webhook_deliveries', {
      ...row,
      public_id: 'p2',
      created_on: new Date(Date.now() - 2 * 3_600_000),
    });
    expect(await attention()).toContain('1 webhook deliveries were interrupted, and stay pending. See them: webmacs');
    await site.pool.query(`delete from webhook_deliveries where status = 'pending'`);
  });

  test('accounts with which nobody can log in want attention', async () => {
    expect((await json()).locked_out).toEqual([]);
    await aUser(site, { username: 'bob', hash: 'x' });
    expect((await json()).locked_out).toEqual(['bob']);
    expect(await attention()).toContain('Nobody can log in with these accounts: "bob". See why: webmacs db check');
    await site.pool.query(`delete from users where username = 'bob'`);
  });

  test.skipIf(layout === 'own')('firmware without an owner needs attention', async () => {
    await insertRow(site, 'firmware_updates', { public_id: 'f', version: '9.9.9', status: 'pending' });
    expect(await attention()).toContain(
      'The firmware page of the server fails for firmware without an owner: "9.9.9". Set one: webmacs firmware update VERSION --owner USER',
    );
    await site.pool.query('delete from firmware_updates');
  });

  test('ids that run out want attention', async () => {
    await site.pool.query(`select setval(pg_get_serial_sequence('rules', 'id'), 2000000000)`);
    expect(await attention()).toContain('93.13 % of the ids of rules are used.');
    expect((await site.run('status')).stdout).toContain('ids_used\trules 93.13 %\n');
  });
});

test.runIf(layout === 'own')('pending migrations want attention', async () => {
  await site.pool.query(
    'update mikro_orm_migrations set name = name || 2 where id = (select max(id) from mikro_orm_migrations)',
  );
  expect(await json()).toMatchObject({ schema_state: 'behind' });
  expect(await attention()).toContain('Run: webmacs db migrate');
});

test.runIf(layout === 'server-roles')('an older revision of the server needs attention, and so does none', async () => {
  expect(await attention()).toContain('alembic stamp head');
  await site.pool.query(`create table alembic_version (version_num varchar(32));
    insert into alembic_version values ('004_rbac_api_tokens')`);
  expect(await json()).toMatchObject({ schema_state: 'behind', migration: '004_rbac_api_tokens' });
  await site.pool.query(`update alembic_version set version_num = '005_oidc_sso'`);
  expect(await json()).toMatchObject({ schema_state: 'current' });
});
