import { chmodSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { madePlace } from '../database/embedded-server/place.ts';
import { temporaryDirectory, webmacs, workingDirectory } from '../support/program.ts';
import { aSite } from '../support/site.ts';

test('demo works twice and again with --reset, and touches no other database', async () => {
  await using site = await aSite();
  using folder = temporaryDirectory();
  // For root the server runs under another account, which must get through.
  chmodSync(folder.path, 0o711);
  const cwd = join(folder.path, 'here');
  mkdirSync(cwd);
  using _here = workingDirectory(cwd);
  const env = { WEBMACS_DATA_DIR: join(folder.path, 'data') };
  const demo = async (...words: string[]) =>
    await webmacs(['demo', ...words], { env: { ...env, DATABASE_URL: site.url } });
  const idOf = async () => JSON.parse((await webmacs(['experiments', 'list', '--json'], { env })).stdout)[0].public_id;

  const first = await demo();
  const id = await idOf();
  expect([first.code, first.stdout]).toEqual([0, '']);
  expect(first.stderr).toMatch(/Password: \S{20} {2}\(shown only now\)/);
  expect(first.stderr).toContain('100,000 datapoints');
  expect(readdirSync(cwd)).toEqual([`experiment_Demo_run_${id.slice(0, 8)}.csv`]);

  const second = await demo();
  expect([second.code, await idOf()]).toEqual([0, id]);
  expect(second.stderr).not.toContain('Password: ');

  expect((await demo('--reset')).code).toBe(0);
  expect(await idOf()).not.toBe(id);
  const { stdout } = await webmacs(['datapoints', 'stats', '--json'], { env });
  const counts: number[] = JSON.parse(stdout).map(({ count }: { count: number }) => count);
  expect(counts.reduce((sum, each) => sum + each)).toBe(100_000);

  expect((await site.pool.query('select from users union all select from events')).rowCount).toBe(0);
});

test.each(['--quiet', '--json'])('demo %s shows the password that it made up', async (option) => {
  using place = await madePlace();
  using _here = workingDirectory(place.root);
  const { code, stderr } = await webmacs(['demo', option], { env: { WEBMACS_DATA_DIR: place.directory } });
  expect([code, stderr]).toEqual([0, expect.stringMatching(/^Password: \S{20} {2}\(shown only now\)\n$/)]);
});
