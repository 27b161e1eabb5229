import { afterAll, describe, expect, test } from 'vitest';
import { anEvent, aSite, aUser } from '../support/site.ts';

const site = await aSite();
afterAll(() => site[Symbol.asyncDispose]());
const owner = (await aUser(site, { username: 'root', admin: true })).publicId;
const other = (await aUser(site, { username: 'alice' })).publicId;

const row = (stdout: string) => JSON.parse(stdout);

let made = 0;
async function aDashboard(...more: string[]): Promise<string> {
  const name = `dashboard ${++made}`;
  expect((await site.run(['dashboards', 'create', name, ...more])).code).toBe(0);
  return name;
}

test('a dashboard is made, listed, shown, changed and deleted in a pipe', async () => {
  const created = await site.run('dashboards create Overview');
  expect([created.code, created.stdout]).toEqual([0, expect.stringMatching(/^[0-9a-f-]{36}\n$/)]);
  const id = created.stdout.trim();
  expect((await site.run('dashboards list')).stdout).toBe(`Overview\troot\tfalse\t0\t${id}\n`);
  expect((await site.run('dashboards show Overview')).stdout).toContain('name\tOverview\n');
  const changed = await site.run('dashboards update Overview --global --name Everything');
  expect([changed.stdout, changed.stderr]).toEqual([`${id}\n`, '✓ Dashboard "Everything" changed.\n']);
  const gone = await site.run('dashboards delete Everything --yes');
  expect([gone.code, gone.stderr]).toEqual([0, '✓ Dashboard "Everything" deleted.\n']);
  expect((await site.run('dashboards show Everything')).code).toBe(3);
});

test('a dashboard is made, listed, shown, changed and deleted with --json', async () => {
  const { created, ...made } = row((await site.run('dashboards create Rig --global --json')).stdout);
  expect([created, made]).toMatchObject([true, { name: 'Rig', is_global: true, user_public_id: owner }]);
  const listed = row((await site.run('dashboards list --json')).stdout);
  expect(listed).toEqual([{ ...made, owner: 'root', widget_count: 0 }]);
  expect(row((await site.run('dashboards show Rig --json')).stdout)).toEqual({ ...made, widgets: [] });
  const changed = await site.run('dashboards update Rig --no-global --json');
  expect(row(changed.stdout)).toMatchObject({ name: 'Rig', is_global: false });
  expect(row((await site.run('dashboards delete Rig --yes --json')).stdout)).toMatchObject({ status: 'success' });
  expect((await site.run('dashboards list --json')).stdout).toBe('[]\n');
});

describe('the name of a dashboard', () => {
  test('is taken once an owner: a second one is refused with 4, and with --if-not-exists is the first', async () => {
    const name = await aDashboard();
    const taken = await site.run(['dashboards', 'create', name]);
    expect([taken.code, taken.stderr]).toEqual([4, expect.stringContaining('has a dashboard')]);
    const first = row((await site.run(['dashboards', 'show', name, '--json'])).stdout);
    const again = await site.run(['dashboards', 'create', name, '--if-not-exists']);
    expect([again.code, again.stdout]).toEqual([0, `${first.public_id}\n`]);
    expect(again.stderr).toContain('already exists');
  });

  test('can be that of another owner; then it is ambiguous, and the public ids are listed', async () => {
    const name = await aDashboard();
    const second = await site.run(['dashboards', 'create', name, '--as', 'alice', '--if-not-exists', '--json']);
    expect(row(second.stdout)).toMatchObject({ user_public_id: other });
    const { code, stderr } = await site.run(['dashboards', 'delete', name, '--yes']);
    expect(code).toBe(4);
    expect(stderr).toContain(`More than one dashboard is called "${name}".`);
    expect(stderr).toContain(row(second.stdout).public_id);
    const { public_id: id } = row(second.stdout);
    expect((await site.run(['dashboards', 'delete', id.slice(0, 8), '--yes'])).code).toBe(0);
    expect((await site.run(['dashboards', 'show', name])).code).toBe(0);
  });

  test('cannot be changed into one that its owner has already', async () => {
    const [one, two] = [await aDashboard(), await aDashboard()];
    expect((await site.run(['dashboards', 'update', one, '--name', two])).code).toBe(4);
    expect((await site.run(['dashboards', 'update', one, '--name', one])).code).toBe(0);
  });

  test.each(['', ' Rig', 'x'.repeat(256)])('is refused as "%s" with 2', async (name) => {
    expect((await site.run(['dashboards', 'create', name])).code).toBe(2);
  });

  test('is made once by two at once', async () => {
    const words = ['dashboards', 'create', 'Twice', '--if-not-exists'];
    const runs = await Promise.all([site.run(words), site.run(words)]);
    expect(runs.map(({ code }) => code)).toEqual([0, 0]);
    expect(runs[0]?.stdout).toBe(runs[1]?.stdout);
  });
});

test('dashboards list can be narrowed by owner and by who sees them', async () => {
  const names = async (...options: string[]) =>
    row((await site.run(['dashboards', 'list', '--json', ...options])).stdout).map(
      ({ name }: { name: string }) => name,
    );
  const [mine, everybodys, hers] = [
    await aDashboard(),
    await aDashboard('--global'),
    await aDashboard('--as', 'alice', '--no-global'),
  ];
  expect(await names('--global')).toEqual([everybodys]);
  expect(await names('--no-global')).toEqual(expect.arrayContaining([mine, hers]));
  expect(await names('--owner', 'alice')).toEqual([hers]);
  expect((await site.run('dashboards list --owner nobody')).code).toBe(3);
});

test('dashboards update refuses nothing to change with 2, and an unknown dashboard with 3', async () => {
  expect((await site.run(['dashboards', 'update', await aDashboard()])).code).toBe(2);
  expect((await site.run('dashboards update nothing --global')).code).toBe(3);
});

describe('dashboards show', () => {
  const withWidgets = async () => {
    const name = await aDashboard();
    const event = await anEvent(site, { owner });
    const add = ['dashboards', 'widgets', 'add', name];
    await site.run([...add, '--type', 'line_chart', '--title', 'Lower', '--y', '4', '--w', '12']);
    await site.run([...add, '--type', 'gauge', '--title', 'Upper', '--event', event.name]);
    return { name, event };
  };

  test('in a pipe has a line for each widget, from the top', async () => {
    const { name, event } = await withWidgets();
    const { stdout } = await site.run(['dashboards', 'show', name]);
    const lines = stdout.split('\n').map((line) => line.split('\t'));
    expect(lines).toContainEqual(['name', name]);
    expect(lines.filter(([first]) => first === 'widget').map((line) => line.slice(1, -1))).toEqual([
      ['Upper', 'gauge', event.name, '0', '0', '4', '3'],
      ['Lower', 'line_chart', '', '0', '4', '12', '3'],
    ]);
  });

  test('as JSON has the widgets with all their columns', async () => {
    const { name, event } = await withWidgets();
    const { widgets } = row((await site.run(['dashboards', 'show', name, '--json'])).stdout);
    expect(widgets).toHaveLength(2);
    expect(widgets[0]).toMatchObject({
      public_id: expect.any(String),
      widget_type: 'gauge',
      title: 'Upper',
      event_public_id: event.publicId,
      event: event.name,
      config_json: null,
      ...{ x: 0, y: 0, w: 4, h: 3 },
    });
  });

  test('dashboards delete also deletes the widgets, and reports it', async () => {
    const { name } = await withWidgets();
    const { stderr } = await site.run(['dashboards', 'delete', name, '--dry-run']);
    expect(stderr).toBe(`Would delete dashboard "${name}", with 2 dashboard widgets.\n`);
    expect((await site.run(['dashboards', 'delete', name])).code).toBe(2);
    expect((await site.run(['dashboards', 'delete', name, '--yes'])).stderr).toContain('with 2 dashboard widgets');
  });
});
