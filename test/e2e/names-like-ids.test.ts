import { randomUUID } from 'node:crypto';
import { afterAll, describe, expect, test } from 'vitest';
import { cheapHashes } from '../support/cheap-hashes.ts';
import { anEvent, anExperiment, aSite, aUser, insertRow, layout } from '../support/site.ts';

cheapHashes();

const site = await aSite();
afterAll(() => site[Symbol.asyncDispose]());
const { publicId: owner } = await aUser(site, { username: 'root', admin: true });
await anEvent(site, { name: 'Bed', owner });
await site.run('dashboards create Overview');

const EVENT = ['--unit', 'bar', '--min', '0', '--max', '1', '--type', 'sensor'];
const RULE = ['--event', 'Bed', '--when', 'gt', '--threshold', '1', '--action', 'log'];
const CREATES: [string, (name: string) => string[]][] = [
  ['users', (name) => ['users', 'create', name, '--email', 'x@lab.org', '--generate-password']],
  ['events', (name) => ['events', 'create', name, ...EVENT]],
  ['experiments', (name) => ['experiments', 'start', name]],
  ['rules', (name) => ['rules', 'create', name, ...RULE]],
  ['dashboards', (name) => ['dashboards', 'create', name]],
  ['widgets', (name) => ['dashboards', 'widgets', 'add', 'Overview', '--type', 'gauge', '--title', name]],
  ['instances', (name) => ['plugins', 'instances', 'create', name, '--plugin', 'demo']],
  ...(layout === 'server-roles'
    ? [['tokens', (name: string) => ['tokens', 'api', 'create', name]] as [string, (name: string) => string[]]]
    : []),
];

test.each(CREATES)('%s: a name that looks like a UUID is refused for a new row', async (_noun, create) => {
  const name = randomUUID();
  const { code, stdout, stderr } = await site.run(create(name));
  expect([code, stdout]).toEqual([2, '']);
  expect(stderr).toContain(`"${name}" looks like a UUID`);
  expect(stderr).toContain('with a word in it');
});

test.each([
  ['in upper case', (id: string) => id.toUpperCase()],
  ['without dashes', (id: string) => id.replaceAll('-', '')],
  ['in braces', (id: string) => `{${id}}`],
])('%s it is refused as well', async (_what, form) => {
  expect((await site.run(['experiments', 'start', form(randomUUID())])).code).toBe(2);
});

/** What renames a row, and what changes something else of it, by name; how to make one of that name. */
const RENAMES: [string, { row(name: string): Promise<void>; rename: string[]; change: string[] }][] = [
  [
    'users',
    {
      row: async (username) => void (await aUser(site, { username })),
      rename: ['users', 'update', '--username'],
      change: ['users', 'update', '--email', 'y@lab.org', '--username'],
    },
  ],
  [
    'events',
    {
      row: async (name) => void (await anEvent(site, { name, owner })),
      rename: ['events', 'update', '--name'],
      change: ['events', 'update', '--max', '7', '--name'],
    },
  ],
  [
    'experiments',
    {
      row: async (name) => void (await anExperiment(site, { name, owner })),
      rename: ['experiments', 'rename', '--'],
      change: ['experiments', 'rename', '--'],
    },
  ],
  [
    'rules',
    {
      row: async (name) => {
        await site.run(['rules', 'create', `${name}!`, ...RULE]);
        await site.pool.query('update rules set name = $1 where name = $2', [name, `${name}!`]);
      },
      rename: ['rules', 'update', '--name'],
      change: ['rules', 'update', '--threshold', '2', '--name'],
    },
  ],
  [
    'dashboards',
    {
      row: async (name) =>
        await insertRow(site, 'dashboards', { public_id: randomUUID(), name, is_global: false, user_public_id: owner }),
      rename: ['dashboards', 'update', '--name'],
      change: ['dashboards', 'update', '--global', '--name'],
    },
  ],
  [
    'instances',
    {
      row: async (name) => {
        await site.run(['plugins', 'instances', 'create', `${name}!`, '--plugin', 'demo']);
        const query = 'update plugin_instances set instance_name = $1 where instance_name = $2';
        await site.pool.query(query, [name, `${name}!`]);
      },
      rename: ['plugins', 'instances', 'update', '--name'],
      change: ['plugins', 'instances', 'update', '--plugin', 'other', '--name'],
    },
  ],
];

describe.each(RENAMES)('%s', (noun, { row, rename, change }) => {
  const with_ = (words: string[], name: string, to: string) => [...words.slice(0, -1), name, ...words.slice(-1), to];

  test('a name that looks like a UUID is refused for every row', async () => {
    await row(`Plain ${noun}`);
    const { code, stderr } = await site.run(with_(rename, `Plain ${noun}`, randomUUID()));
    expect([code, stderr]).toEqual([2, expect.stringContaining('looks like a UUID')]);
  });

  test('a row that has one keeps it, is found by it, and can be changed', async () => {
    const name = randomUUID();
    await row(name);
    const kept = await site.run(with_(change, name, name));
    expect([kept.code, kept.stderr]).toEqual([0, expect.stringContaining(name)]);
    expect((await site.run(with_(rename, name, randomUUID()))).code).toBe(2);
    expect((await site.run(with_(rename, name, `New ${noun}`))).code).toBe(0);
  });
});

test('a title that looks like a UUID is refused for a widget that has another', async () => {
  await site.run(['dashboards', 'widgets', 'add', 'Overview', '--type', 'gauge', '--title', 'Trend']);
  const words = ['dashboards', 'widgets', 'update', 'Overview', 'Trend', '--title', randomUUID()];
  expect((await site.run(words)).code).toBe(2);
});

test('with --if-not-exists an existing row of such a name is kept, and no new one is created', async () => {
  const name = randomUUID();
  const words = ['events', 'create', name, ...EVENT, '--if-not-exists'];
  expect((await site.run(words)).code).toBe(2);
  const { publicId } = await anEvent(site, { name, owner });
  expect(await site.run(words)).toMatchObject({ code: 0, stdout: `${publicId}\n` });
});
