import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { rewriteManifest } from '../support/backups.ts';
import { temporaryDirectory } from '../support/program.ts';
import { aSite, aUser } from '../support/site.ts';

const site = await aSite();
await aUser(site, { username: 'ada' });
afterAll(() => site[Symbol.asyncDispose]());

/** Makes backups that are folders, as if they were of the evening of these days. */
async function backupsOf(folder: string, days: string[]): Promise<void> {
  for (const day of days) {
    const path = join(folder, day);
    expect((await site.run(['db', 'backup', '-o', path])).code).toBe(0);
    rewriteManifest(path, (text) => text.replace(/"created_on": "[^"]*"/, `"created_on": "${day}T20:00:00.000Z"`));
  }
}

const rotate = async (folder: string, ...more: string[]) =>
  await site.run(['db', 'backup', '-o', join(folder, '{date}'), '--timezone', 'Asia/Tokyo', ...more], {
    now: () => new Date('2026-03-09T20:00:00Z'),
  });

test('the newest are kept, and the newest of each month; others of the pattern are deleted', async () => {
  using folder = temporaryDirectory();
  const days = ['2025-11-30', '2025-12-01', '2025-12-31', '2026-01-15', '2026-03-07', '2026-03-08'];
  await backupsOf(folder.path, [...days, 'mine-2025-11-01']);
  const { code, stderr } = await rotate(folder.path, '--keep', '2', '--keep-monthly', '4');
  expect([code, stderr]).toEqual([0, expect.stringContaining('Deleted 3 older backups: ')]);
  // In the time zone, the new one is of the next day; four months are kept.
  expect(readdirSync(folder.path).sort()).toEqual([
    '2025-12-31',
    '2026-01-15',
    '2026-03-08',
    '2026-03-10',
    'mine-2025-11-01',
  ]);
});

test('what is damaged, or of another database, is neither deleted nor counted', async () => {
  using folder = temporaryDirectory();
  await backupsOf(folder.path, ['2026-03-01', '2026-03-02', '2026-03-03']);
  rewriteManifest(join(folder.path, '2026-03-03'), (text) =>
    text.replace(/"database": "[^"]*"/, '"database": "other"'),
  );
  rewriteManifest(join(folder.path, '2026-03-02'), () => '{');
  writeFileSync(join(folder.path, '2026-03-04'), '');
  const { code, stderr } = await rotate(folder.path, '--keep', '1');
  expect([code, stderr]).toEqual([0, expect.stringContaining('2026-03-02 is damaged')]);
  expect(readdirSync(folder.path).sort()).toEqual(['2026-03-02', '2026-03-03', '2026-03-04', '2026-03-10']);
});

test('a backup without datapoints replaces none with them, nor the other way round', async () => {
  using folder = temporaryDirectory();
  await backupsOf(folder.path, ['2026-03-01', '2026-03-02']);
  expect((await rotate(folder.path, '--keep', '1', '--without-datapoints')).code).toBe(0);
  expect(readdirSync(folder.path)).toHaveLength(3);
});

test('if the clock was set back, the new backup is kept besides the newest', async () => {
  using folder = temporaryDirectory();
  await backupsOf(folder.path, ['2027-03-01', '2027-03-02']);
  expect((await rotate(folder.path, '--keep', '1')).code).toBe(0);
  expect(readdirSync(folder.path).sort()).toEqual(['2026-03-10', '2027-03-02']);
});

test('a backup that fails deletes nothing, and --keep needs a date in the name', async () => {
  using folder = temporaryDirectory();
  await backupsOf(folder.path, ['2026-03-01', '2026-03-10']);
  expect((await rotate(folder.path, '--keep', '1')).code).toBe(4);
  for (const name of ['x.tar.zst', '{date}/x.tar.zst', '-']) {
    expect(await site.run(['db', 'backup', '-o', name, '--keep', '1'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('need {date}'),
    });
  }
  expect((await site.run(['db', 'backup', '-o', '{day}.tar.zst'])).code).toBe(2);
  expect(readdirSync(folder.path).sort()).toEqual(['2026-03-01', '2026-03-10']);
});

test('a list has the newest first, and says which cannot be restored', async () => {
  using folder = temporaryDirectory();
  await backupsOf(folder.path, ['2026-03-01', '2026-03-02', '2026-03-03']);
  rewriteManifest(join(folder.path, '2026-03-03'), () => '');
  writeFileSync(join(folder.path, 'a.tar.zst'), 'no backup');
  mkdirSync(join(folder.path, 'other'));
  const { code, stdout } = await site.run(['db', 'backup', 'list', folder.path, '--json']);
  expect([code, JSON.parse(stdout)]).toMatchObject([
    0,
    [
      { file: join(folder.path, '2026-03-02'), rows: 1, layout: 'own', problem: null },
      { file: join(folder.path, '2026-03-01'), rows: 1, created_on: '2026-03-01T20:00:00+00:00' },
      { file: join(folder.path, '2026-03-03'), rows: null, problem: expect.stringContaining('damaged') },
      { file: join(folder.path, 'a.tar.zst'), problem: expect.stringContaining('truncated') },
    ],
  ]);
});
