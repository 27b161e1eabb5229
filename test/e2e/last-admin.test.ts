import type { Pool } from 'pg';
import { expect, test } from 'vitest';
import { aSite, aUser } from '../support/site.ts';
import { until } from '../support/until.ts';

test('the last admin can be neither deleted nor demoted', async () => {
  await using site = await aSite();
  await aUser(site, { username: 'root', admin: true });
  await aUser(site, { username: 'other' });
  for (const line of ['users delete root --yes', 'users update root --no-admin', 'users delete root --dry-run']) {
    const { code, stderr } = await site.run(line);
    expect(code).toBe(4);
    expect(stderr).toContain('"root" is the last admin');
    expect(stderr).toContain('--force');
  }
});

test('with --force the last admin can be demoted and deleted', async () => {
  await using site = await aSite();
  await aUser(site, { username: 'root', admin: true });
  expect((await site.run('users update root --no-admin --force')).code).toBe(0);
  expect((await site.run('users delete root --yes --force')).code).toBe(0);
});

test('one of two admins can be deleted', async () => {
  await using site = await aSite();
  await aUser(site, { username: 'one', admin: true });
  await aUser(site, { username: 'two', admin: true });
  expect((await site.run('users delete one --yes')).code).toBe(0);
});

test.each([
  ['demotions', 'users update one --no-admin', 'users update two --no-admin'],
  ['deletions', 'users delete one --yes', 'users delete two --yes'],
])('of two concurrent %s that would remove the last admin, one is refused', async (_what, first, second) => {
  await using site = await aSite();
  await aUser(site, { username: 'one', admin: true });
  await aUser(site, { username: 'two', admin: true });
  const lock = await site.pool.connect();
  await lock.query('begin; lock table users in share mode');
  const both = Promise.all([site.run(first), site.run(second)]);
  // Both are held up where they change the row, so that they meet.
  await until(async () => (await waiting(site.pool)) === 2);
  await lock.query('commit');
  lock.release();
  expect((await both).map(({ code }) => code).sort()).toEqual([0, 4]);
});

async function waiting(pool: Pool): Promise<number> {
  const { rows } = await pool.query<{ waiting: number }>(
    `select count(*)::int as waiting from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
  );
  return rows[0]?.waiting ?? 0;
}
