import { afterAll, expect, test } from 'vitest';
import { cheapHashes } from '../support/cheap-hashes.ts';
import { aSite, type Site } from '../support/site.ts';
import { DUMPED_SECRETS, SECRETS, WHOLE_SITE } from './whole-site.ts';

cheapHashes();
const site = await aSite();
afterAll(() => site[Symbol.asyncDispose]());

const TABLES = [
  ...['users', 'events', 'rules', 'webhooks', 'dashboards', 'dashboard_widgets'],
  ...['plugin_instances', 'channel_mappings', 'firmware_updates', 'experiments', 'log_entries'],
];

/** The version of every row. */
async function versions({ pool }: Site): Promise<string[]> {
  const rows = TABLES.map((table) => `select '${table} ' || public_id || ' ' || xmin as version from ${table}`);
  return (await pool.query(`${rows.join(' union all ')} order by 1`)).rows.map(({ version }) => version);
}

async function apply(to: Site, input: string, env: Record<string, string>, ...words: string[]) {
  const { code, stderr, stdout } = await to.run(['apply', '-f', '-', ...words], { input, env });
  return { code, stderr, stdout };
}

test('a file with every field of every kind is applied, and then changes no row version', async () => {
  expect(await apply(site, WHOLE_SITE, SECRETS, '--json')).toMatchObject({ code: 0, stderr: '' });
  const before = await versions(site);
  expect(before).toHaveLength(17);
  expect(await apply(site, WHOLE_SITE, SECRETS)).toEqual({ code: 0, stdout: '', stderr: 'No changes.\n' });
  expect(await versions(site)).toEqual(before);
  const diff = await site.run(['diff', '-f', '-', '--prune'], { input: WHOLE_SITE, env: SECRETS });
  expect(diff).toMatchObject({ code: 0, stderr: 'No changes.\n' });
});

test('a dump gives the same text from another database to which it was applied', async () => {
  const { stdout: dump } = await site.run('dump');
  expect(dump).not.toContain('secret\n');
  await using other = await aSite();
  expect(await apply(other, dump, DUMPED_SECRETS, '-q')).toEqual({ code: 0, stdout: '', stderr: '' });
  expect((await other.run('dump')).stdout).toBe(dump);
  expect((await site.run(['diff', '-f', '-', '--prune'], { input: dump, env: DUMPED_SECRETS })).stderr).toBe(
    'No changes.\n',
  );
  const columns =
    'select name, operator, threshold, threshold_high, enabled, cooldown_seconds from rules order by name';
  expect((await other.pool.query(columns)).rows).toEqual((await site.pool.query(columns)).rows);
});

test('those who are created can log in, and a password or secret that no longer fits is changed', async () => {
  const { stdout, code } = await site.run(['diff', '-f', '-', '--json'], {
    input: WHOLE_SITE,
    env: { ...SECRETS, BOB: 'another one', HOOK: 'x' },
  });
  expect([code, JSON.parse(stdout).changes]).toEqual([
    6,
    [
      { action: 'change', kind: 'users', name: 'bob', differences: { password: ['(secret)', '(secret)'] } },
      {
        action: 'change',
        kind: 'webhooks',
        name: 'https://lab.org/hook?a=1',
        differences: { secret: ['(secret)', '(secret)'] },
      },
    ],
  ]);
  // What is not there stays as it is.
  expect((await site.run(['diff', '-f', '-'], { input: WHOLE_SITE, env: { ALICE: SECRETS.ALICE } })).stderr).toBe(
    'No changes.\n',
  );
});
