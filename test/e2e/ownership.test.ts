import { randomUUID } from 'node:crypto';
import { afterAll, describe, expect, test } from 'vitest';
import {
  anEvent,
  anExperiment,
  aSite,
  aUser,
  datapoints,
  insertRow,
  layout,
  logEntries,
  type Site,
} from '../support/site.ts';

const isServers = layout !== 'own';

/** Alice, an admin, and Bob, who owns one row of everything. */
async function aSiteOfBob(): Promise<Site & { alice: string; bob: string }> {
  const site = await aSite();
  const { publicId: alice } = await aUser(site, { username: 'alice', admin: true });
  const { publicId: bob } = await aUser(site, { username: 'bob' });
  const event = await anEvent(site, { name: 'Flow', owner: bob });
  await anExperiment(site, { name: 'Run', owner: bob });
  await datapoints(site, 5, { event: event.publicId });
  await logEntries(site, 2, { owner: bob });
  for (const line of [
    'rules create Hot --event Flow --when gt --threshold 1 --action log --as bob',
    'webhooks create https://lab.org/hook --type sensor.reading --as bob',
    'dashboards create Overview --as bob',
    'firmware register 1.0.0 --as bob',
    'plugins instances create Rig --plugin demo --as bob',
    ...(layout === 'server-roles' ? ['tokens api create notebook --as bob'] : []),
  ]) {
    expect(await site.run(line)).toMatchObject({ code: 0 });
  }
  await insertRow(site, 'plugin_packages', {
    public_id: randomUUID(),
    package_name: 'demo-plugin',
    version: '1',
    source: 'uploaded',
    plugin_ids: '[]',
    user_public_id: bob,
  });
  return Object.assign(site, { alice, bob });
}

const OWNED = [
  'events',
  'experiments',
  'log_entries',
  'rules',
  'webhooks',
  'firmware_updates',
  'dashboards',
  'plugin_packages',
  'plugin_instances',
];

/** The owners of the rows of every table. */
async function ownersOf({ pool }: Site): Promise<Record<string, string[]>> {
  const owners: Record<string, string[]> = {};
  for (const table of OWNED) {
    const { rows } = await pool.query(`select distinct user_public_id as owner from ${table}`);
    owners[table] = rows.map(({ owner }) => owner);
  }
  return owners;
}

test('users delete --reassign-to hands everything over, and only tokens die', async () => {
  await using site = await aSiteOfBob();
  const planned = await site.run('users delete bob --reassign-to alice --dry-run');
  expect(planned.stderr).toMatch(/^Would delete user "bob".*1 event.* and .* pass to "alice"\.$/m);
  const { code, stdout } = await site.run('users delete bob --reassign-to alice --yes --json');
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({
    deleted: layout === 'server-roles' ? { api_tokens: 1 } : {},
    detached: {},
    reassigned: { ...Object.fromEntries(OWNED.map((table) => [table, 1])), log_entries: 2 },
  });
  expect(await ownersOf(site)).toEqual(Object.fromEntries(OWNED.map((table) => [table, [site.alice]])));
  expect((await site.pool.query('select from datapoints')).rowCount).toBe(5);
  expect((await site.run('users show bob')).code).toBe(3);
});

test('all or nothing: what the database refuses leaves both users as they were', async () => {
  await using site = await aSiteOfBob();
  await site.pool.query(`create function stop() returns trigger language plpgsql as $$ begin raise 'stop'; end $$;
    create trigger stop before delete on users execute function stop()`);
  expect((await site.run('users delete bob --reassign-to alice --yes')).code).toBe(5);
  expect(await ownersOf(site)).toEqual(Object.fromEntries(OWNED.map((table) => [table, [site.bob]])));
});

test('users delete --reassign-to the user itself, or nobody, is refused', async () => {
  await using site = await aSite();
  await aUser(site, { username: 'bob' });
  const itself = await site.run('users delete bob --reassign-to bob --yes');
  expect([itself.code, itself.stderr]).toEqual([2, expect.stringContaining('cannot take over from itself')]);
  expect((await site.run('users delete bob --reassign-to nobody --yes')).code).toBe(3);
  expect((await site.run('users show bob')).code).toBe(0);
});

test('a dashboard that both have is refused with 4, and can be renamed as the hint says', async () => {
  await using site = await aSiteOfBob();
  await site.run('dashboards create Overview --as alice');
  const { code, stderr } = await site.run('users delete bob --reassign-to alice --yes');
  expect([code, stderr]).toEqual([4, expect.stringContaining('have a dashboard "Overview"')]);
  const [, words = ''] = /webmacs (dashboards update \S+ --name) NAME/.exec(stderr) ?? [];
  expect((await site.run(`${words} Bobs`)).code).toBe(0);
  expect((await site.run('users delete bob --reassign-to alice --yes')).code).toBe(0);
});

test('the last admin is not deleted, even if another user takes over', async () => {
  await using site = await aSiteOfBob();
  expect((await site.run('users delete alice --reassign-to bob --yes')).code).toBe(4);
});

test('a user with firmware is not deleted where the server could not show it any more', async () => {
  await using site = await aSiteOfBob();
  const { code, stderr } = await site.run('users delete bob --yes');
  expect(code).toBe(isServers ? 4 : 0);
  if (isServers) {
    expect(stderr).toContain('registered the firmware 1.0.0');
    expect(stderr).toContain(`webmacs users delete ${site.bob} --reassign-to USER`);
  }
  expect((await site.run('users show bob')).code).toBe(isServers ? 0 : 3);
});

describe('--owner', async () => {
  const site = await aSiteOfBob();
  afterAll(() => site[Symbol.asyncDispose]());

  test.each([
    ['events', 'events update Flow'],
    ['rules', 'rules update Hot --threshold 5'],
    ['webhooks', 'webhooks update https://lab.org/hook'],
    ['dashboards', 'dashboards update Overview'],
    ['firmware_updates', 'firmware update 1.0.0 --notes New'],
    ['plugin_instances', 'plugins instances update Rig'],
    ['plugin_packages', 'plugins packages update demo-plugin'],
    ['experiments', 'experiments update Run'],
  ])('changes the owner of %s', async (table, line) => {
    const { code, stdout } = await site.run(`${line} --owner alice --json`);
    expect([code, JSON.parse(stdout)]).toEqual([0, expect.objectContaining({ user_public_id: site.alice })]);
    expect((await ownersOf(site))[table]).toEqual([site.alice]);
    expect((await site.run(`${line} --owner nobody`)).code).toBe(3);
  });
});

test('a dashboard cannot go to an owner who has one of its name', async () => {
  await using site = await aSiteOfBob();
  const { stdout } = await site.run('dashboards create Overview --as alice');
  expect((await site.run(['dashboards', 'update', stdout.trim(), '--owner', 'bob'])).code).toBe(4);
  expect((await site.run(['dashboards', 'update', stdout.trim(), '--owner', 'bob', '--name', 'Hers'])).code).toBe(0);
});

test('firmware without an owner is listed, found by db check, and can be given one', async () => {
  await using site = await aSiteOfBob();
  await site.run('users passwd alice --generate-password');
  await site.run('users passwd bob --generate-password');
  await site.pool.query('update firmware_updates set user_public_id = null');
  expect(JSON.parse((await site.run('firmware list --no-owner --json')).stdout)).toMatchObject([
    { version: '1.0.0', owner: null },
  ]);
  const found = await site.run('db check');
  expect([found.code, found.stdout.includes('Firmware 1.0.0 has no owner')]).toEqual(
    isServers ? [6, true] : [0, false],
  );
  expect((await site.run('firmware update 1.0.0 --owner alice')).code).toBe(0);
  expect((await site.run('db check')).code).toBe(0);
  expect((await site.run('firmware list --no-owner --json')).stdout).toBe('[]\n');
  expect(JSON.parse((await site.run('firmware list --owner alice --json')).stdout)).toMatchObject([{ owner: 'alice' }]);
});
