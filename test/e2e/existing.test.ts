import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { cheapHashes } from '../support/cheap-hashes.ts';
import { temporaryDirectory } from '../support/program.ts';
import { anEvent, aSite, aUser, layout } from '../support/site.ts';

cheapHashes();

const site = await aSite();
const folder = temporaryDirectory();
const files = {
  secret: join(folder.path, 'secret'),
  other: join(folder.path, 'other'),
  config: join(folder.path, 'config.json'),
};
writeFileSync(files.secret, 'one secret of a webhook\n');
writeFileSync(files.other, 'another secret of a webhook\n');
writeFileSync(files.config, '{"a": 1}');
await aUser(site, { username: 'root', admin: true });
await aUser(site, { username: 'bob' });
await anEvent(site, { name: 'Bed' });
await site.run(['dashboards', 'create', 'Board']);

afterAll(async () => {
  folder[Symbol.dispose]();
  await site[Symbol.asyncDispose]();
});

/** A create, the options of another one, and how the existing row differs then. */
const CREATES: [create: string, asked: string, differs: Record<string, unknown>][] = [
  ['events create T1 --unit C --min 0 --max 100 --type sensor', '--max 120', { max_value: [100, 120] }],
  [
    'users create ann --email a@lab.org --generate-password',
    '--email b@lab.org',
    { email: ['a@lab.org', 'b@lab.org'] },
  ],
  [
    'experiments create R1 --started-on 2026-01-01T00:00Z --stopped-on 2026-01-02T00:00Z',
    '--stopped-on 2026-01-03T01:00+01:00',
    { stopped_on: ['2026-01-02T00:00:00+00:00', '2026-01-03T00:00:00+00:00'] },
  ],
  [
    'rules create Hot --event Bed --when gt --threshold 5 --action log',
    '--cooldown 5m',
    { cooldown_seconds: [60, 300] },
  ],
  ['dashboards create D1', '--global', { is_global: [false, true] }],
  ['dashboards widgets add Board --type gauge --title G1', '--type gauge --title G1 --w 6', { w: [4, 6] }],
  [
    `webhooks create http://lab.org/1 --type sensor.reading --secret-file ${files.secret}`,
    `--type experiment.started --secret-file ${files.other}`,
    { events: [['sensor.reading'], ['experiment.started']], secret: ['(secret)', '(secret)'] },
  ],
  [
    'plugins instances create I1 --plugin revpi',
    `--demo --config-file ${files.config}`,
    { demo_mode: [false, true], config_json: [null, '{"a": 1}'] },
  ],
  ['firmware register 1.0.0 --notes One', '--notes Two', { release_notes: ['One', 'Two'] }],
];

test.each(CREATES)(
  '%s --if-not-exists says how the existing row differs, and --or-update makes it so',
  async (create, asked, differs) => {
    const words = ['--format', 'json', '--as', 'root'];
    const given = create.split(' ');
    const key = given.slice(0, create.includes('widgets') ? 4 : given[0] === 'plugins' ? 4 : 3);
    const again = async (...more: string[]) => await site.run([...key, ...asked.split(' '), ...more]);
    expect((await site.run([...given, ...words])).code).toBe(0);
    const same = await site.run([...given, '--if-not-exists', '--exit-code']);
    expect([same.code, same.stderr]).toEqual([0, expect.stringContaining('already exists')]);

    const kept = await again('--if-not-exists', '--json');
    expect(JSON.parse(kept.stdout)).toMatchObject({ created: false });
    expect([kept.code, JSON.parse(kept.stdout).differs]).toEqual([0, differs]);
    expect(kept.stderr).toMatch(/^warning: .* differs: .*To change it, pass --or-update\.\n$/);
    const checked = await again('--exit-code');
    expect([checked.code, checked.stderr]).toEqual([6, expect.stringContaining('error: ')]);

    const changed = await again('--or-update', '--json');
    expect([changed.code, JSON.parse(changed.stdout).changed, changed.stderr]).toEqual([0, differs, '']);
    expect((await again('--exit-code')).code).toBe(0);
    expect(JSON.parse((await again('--or-update', '--json')).stdout)).not.toHaveProperty('changed');
  },
);

test('the difference reads as a sentence, with the names of owners and events', async () => {
  await anEvent(site, { name: 'Wall' });
  await site.run('rules create Cold --event Bed --when lt --threshold 5 --action log');
  const { stderr } = await site.run('rules create Cold --event Wall --threshold 4 --as bob --if-not-exists');
  expect(stderr).toContain(
    'warning: Rule "Cold" differs: event is "Bed", not "Wall"; threshold is 5, not 4; owner is "root", not "bob". To change it, pass --or-update.\n',
  );
  const env = { WEBMACS_USER: 'bob' };
  expect((await site.run('rules create Cold --if-not-exists --exit-code', { env })).code).toBe(0);
});

test('start --if-not-exists says that an experiment has stopped, and --or-update does not go with --exit-code', async () => {
  await site.run('experiments create Old --started-on 2026-01-01 --stopped-on 2026-01-02');
  const { code, stderr } = await site.run('experiments start Old --if-not-exists');
  expect([code, stderr]).toEqual([0, expect.stringMatching(/stopped_on is "2026-01-02.*", not empty\.\n$/)]);
  expect((await site.run('events create T1 --or-update --exit-code')).code).toBe(2);
});

test('a log entry and a token that is known say only that', async () => {
  await site.run('logs add Hello --type info');
  const { stderr } = await site.run('logs add Hello --type error --if-not-exists');
  expect(stderr).toContain('warning: Entry "');
  expect(stderr).toContain('logging_type is "info", not "error".\n');
});

test.runIf(layout === 'server-roles')(
  'roles and the expiry of API tokens are compared, a time from now on is not',
  async () => {
    await site.run('users create rita --email rita@lab.org --role operator --generate-password');
    const { code, stdout } = await site.run('users create rita --role admin --exit-code --json');
    expect([code, JSON.parse(stdout).differs]).toMatchObject([6, { role: ['operator', 'admin'] }]);
    await site.run('tokens api create Notebook --as root --expires 2100-01-01T00:00Z');
    const again = async (expires: string) =>
      await site.run(`tokens api create Notebook --as root --expires ${expires} --exit-code`);
    expect([(await again('2100-01-01T01:00+01:00')).code, (await again('90d')).code]).toEqual([0, 0]);
    expect((await again('2101-01-01T00:00Z')).code).toBe(6);
  },
);
