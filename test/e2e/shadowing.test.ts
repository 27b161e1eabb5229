import { randomUUID } from 'node:crypto';
import { afterAll, describe, expect, test } from 'vitest';
import { temporaryDirectory } from '../support/program.ts';
import { anEvent, anExperiment, aSite, aUser, datapoints, insertRow } from '../support/site.ts';

const site = await aSite();
afterAll(() => site[Symbol.asyncDispose]());
const root = await aUser(site, { username: 'root', admin: true });
const owner = root.publicId;

const json = async (words: string[]) => JSON.parse((await site.run([...words, '--json'])).stdout);
const values = async (event: string) => {
  const query = 'select value from datapoints where event_public_id = $1 order by id';
  return (await site.pool.query<{ value: number }>(query, [event])).rows.map(({ value }) => value);
};

/** Rows of a kind, as another program makes them: it asks nobody what a name looks like. */
const KINDS: [string, (name: string, publicId?: string) => Promise<{ publicId: string }>][] = [
  ['users', async (username, publicId = randomUUID()) => await aUser(site, { username, publicId })],
  ['events', async (name, publicId = randomUUID()) => await anEvent(site, { name, publicId, owner })],
  ['experiments', async (name, publicId = randomUUID()) => await experiment(name, publicId)],
  ['dashboards', async (name, publicId = randomUUID()) => await dashboard(name, publicId)],
];

async function experiment(name: string, publicId: string): Promise<{ publicId: string }> {
  await insertRow(site, 'experiments', { public_id: publicId, name, user_public_id: owner, started_on: '2026-01-01' });
  return { publicId };
}

async function dashboard(name: string, publicId: string): Promise<{ publicId: string }> {
  await insertRow(site, 'dashboards', { public_id: publicId, name, is_global: false, user_public_id: owner });
  return { publicId };
}

describe.each(KINDS)('%s', (noun, make) => {
  test('a public id is shown and deleted, and not the row of that name', async () => {
    const { publicId } = await make(`Meant ${noun}`);
    const named = await make(publicId);
    expect(await json([noun, 'show', publicId])).toMatchObject({ public_id: publicId });
    const { code, stderr } = await site.run([noun, 'delete', publicId, '--yes']);
    expect([code, stderr]).toEqual([0, expect.stringContaining(`"Meant ${noun}" deleted`)]);
    // Now that nobody else has that id, it is a name like any other.
    expect(await json([noun, 'show', publicId])).toMatchObject({ public_id: named.publicId });
  });

  test('a name that is the beginning of the public id of another is a conflict that shows both', async () => {
    const other = await make(`Other ${noun}`);
    const prefix = other.publicId.slice(0, 8);
    const named = await make(prefix);
    const { code, stderr } = await site.run([noun, 'delete', prefix, '--yes']);
    expect(code).toBe(4);
    expect(stderr).toContain(`"${prefix}" (${named.publicId}); "Other ${noun}" (${other.publicId})`);
    expect(await json([noun, 'show', named.publicId])).toMatchObject({ public_id: named.publicId });
  });
});

test('an export by public id writes the datapoints of that experiment', async () => {
  const { publicId } = await anExperiment(site, { owner });
  const named = await anExperiment(site, { name: publicId, owner });
  const event = (await anEvent(site, { owner })).publicId;
  await datapoints(site, 1, { event, experiment: publicId });
  await datapoints(site, 3, { event, experiment: named.publicId });
  const { stdout } = await site.run(['experiments', 'export', publicId, '-o', '-']);
  expect(stdout.trim().split('\n')).toHaveLength(2);
});

describe('an import', () => {
  const AT = '2026-01-01T00:00:00Z';
  const importText = async (input: string, ...more: string[]) =>
    await site.run(['datapoints', 'import', '-', ...more], { input });

  test.each([
    ['in the long form', (id: string) => [`timestamp,event,value\n${AT},${id},7\n`]],
    ['in a wide header', (id: string) => [`timestamp,${id}\n${AT},7\n`]],
    ['by --event', (id: string) => [`timestamp,value\n${AT},7\n`, '--event', id]],
  ])('puts values on the event of a public id %s', async (_what, form) => {
    const { publicId } = await anEvent(site, { owner });
    const named = await anEvent(site, { name: publicId, owner });
    const [text = '', ...more] = form(publicId);
    expect((await importText(text, ...more)).code).toBe(0);
    expect([await values(publicId), await values(named.publicId)]).toEqual([[7], []]);
  });

  test.each([
    ['in the long form', (name: string) => [`timestamp,event,value\n${AT},${name},7\n`]],
    ['in a wide header', (name: string) => [`timestamp,${name}\n${AT},7\n`]],
    ['by --event', (name: string) => [`timestamp,value\n${AT},7\n`, '--event', name]],
  ])('is refused with 4 where a name is the beginning of another public id %s', async (_what, form) => {
    const other = await anEvent(site, { owner });
    const prefix = other.publicId.slice(0, 8);
    const named = await anEvent(site, { name: prefix, owner });
    const [text = '', ...more] = form(prefix);
    const { code, stderr } = await importText(text, ...more);
    expect([code, stderr]).toEqual([4, expect.stringContaining(other.publicId)]);
    expect(stderr).toContain(named.publicId);
    expect([await values(other.publicId), await values(named.publicId)]).toEqual([[], []]);
  });
});

test('options that name a row go by the same rule', async () => {
  const meant = await aUser(site, { username: 'meant', admin: true });
  await aUser(site, { username: meant.publicId, admin: true });
  const event = await anEvent(site, { owner });
  await anEvent(site, { name: event.publicId, owner });
  const words = ['rules', 'create', 'Hot', '--event', event.publicId, '--when', 'gt', '--threshold', '1'];
  const made = await json([...words, '--action', 'log', '--as', meant.publicId]);
  expect(made).toMatchObject({ event_public_id: event.publicId, user_public_id: meant.publicId });
});

test('a widget is not taken for one of another dashboard whose public id is its title', async () => {
  const aWidget = async (title: string, on: string) => {
    const publicId = randomUUID();
    const query = `insert into dashboard_widgets (public_id, dashboard_id, widget_type, title, x, y, w, h)
                   select $1, id, 'gauge', $2, 0, 0, 4, 3 from dashboards where name = $3`;
    await site.pool.query(query, [publicId, title, on]);
    return publicId;
  };
  await dashboard('Here', randomUUID());
  await dashboard('Elsewhere', randomUUID());
  const elsewhere = await aWidget('Trend', 'Elsewhere');
  const here = await aWidget(elsewhere, 'Here');
  const { code, stderr } = await site.run(['dashboards', 'widgets', 'remove', 'Here', elsewhere, '--yes']);
  expect([code, stderr]).toEqual([3, expect.stringContaining('public id of another widget')]);
  expect((await site.run(['dashboards', 'widgets', 'remove', 'Here', here, '--yes'])).code).toBe(0);
});

describe('a package', () => {
  const aPackage = async (name: string) => {
    const publicId = randomUUID();
    const query = `insert into plugin_packages (public_id, package_name, version, source, plugin_ids, installed_on)
                   values ($1, $2, '1.0', 'uploaded', '[]', now())`;
    await site.pool.query(query, [publicId, name]);
    return publicId;
  };

  test('is uninstalled by its public id, and not one of that name', async () => {
    const id = await aPackage('meant-package');
    await aPackage(id);
    const plan = await json(['plugins', 'uninstall', id, '--dry-run', '--no-pip']);
    expect(plan).toMatchObject({ package_name: 'meant-package' });
  });

  test('that is there in two spellings is uninstalled by its public id alone', async () => {
    const ids = [await aPackage('two-spellings'), await aPackage('two_spellings')];
    using folder = temporaryDirectory();
    const uninstall = async (given: string) =>
      await site.run(['plugins', 'uninstall', given, '--yes', '--no-pip', '--plugin-dir', folder.path]);
    expect(await uninstall('Two.Spellings')).toMatchObject({
      code: 4,
      stderr: expect.stringContaining(ids.join(' or ')),
    });
    expect((await uninstall(ids[1] ?? '')).code).toBe(0);
    const { rows } = await site.pool.query("select package_name from plugin_packages where package_name like 'two%'");
    expect(rows).toEqual([{ package_name: 'two-spellings' }]);
  });
});
