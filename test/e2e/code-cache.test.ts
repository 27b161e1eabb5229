import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { partPath } from '../../src/files/part-name.ts';
import { startedWebmacs, temporaryDirectory } from '../support/program.ts';

/** A cache for the bytecode of a test's own runs, and its content. */
function aCache() {
  const folder = temporaryDirectory();
  const inside = join(folder.path, 'webmacs');
  const file = () => join(inside, readdirSync(inside).find((name) => !name.endsWith('-elsewhere')) ?? '');
  return {
    run: (...words: string[]) => startedWebmacs(words, { env: { XDG_CACHE_HOME: folder.path } }),
    inside,
    file,
    head: () => JSON.parse(readFileSync(file(), 'latin1').split('\n', 1)[0] ?? ''),
    [Symbol.dispose]: () => folder[Symbol.dispose](),
  };
}

test('each kind of command is cached once, and none of its arguments', async () => {
  using cache = aCache();
  await cache.run('config', 'path');
  const { ino, mode } = statSync(cache.file());
  expect(mode & 0o777).toBe(0o600);
  await cache.run('config', 'path');
  expect(statSync(cache.file()).ino).toBe(ino);
  await cache.run('--database-url', 'postgresql://u:sekret@h/d', 'config', 'path');
  await cache.run('--database-url', 'postgresql://u:sekret@h/d', 'config', 'show');
  await cache.run('--help');
  await cache.run('config', 'show', '--origin', '--json');
  expect(cache.head().commands).toEqual([
    'config path',
    'config path --database-url',
    'config show --database-url',
    'config show --origin --json',
  ]);
  expect(readFileSync(cache.file()).includes('sekret')).toBe(false);
});

test('concurrent runs leave one complete file', async () => {
  using cache = aCache();
  const runs = await Promise.all(Array.from({ length: 6 }, () => cache.run('config', 'path')));
  expect(runs.map(({ code }) => code)).toEqual(Array(6).fill(0));
  expect(readdirSync(cache.inside)).toHaveLength(1);
  const { ino } = statSync(cache.file());
  expect((await cache.run('config', 'path')).code).toBe(0);
  expect(statSync(cache.file()).ino).toBe(ino);
});

test('what a killed run has left is removed when the cache is next written', async () => {
  using cache = aCache();
  await cache.run('config', 'path');
  const left = partPath(cache.file()).replace(`-${process.pid}-`, `-${spawnSync('true').pid}-`);
  writeFileSync(left, '');
  await cache.run('config', 'path', '--json');
  expect(readdirSync(cache.inside)).toHaveLength(1);
});

test.each<[string, (file: string) => void]>([
  ['that other users can write to', (file) => chmodSync(file, 0o622)],
  ['that is truncated', (file) => truncateSync(file, 200_000)],
  [
    'that is a link',
    (file) => {
      renameSync(file, `${file}-elsewhere`);
      symlinkSync(`${file}-elsewhere`, file);
    },
  ],
  ['that is empty', (file) => truncateSync(file, 0)],
  [
    'without valid code',
    (file) => writeFileSync(file, `${readFileSync(file, 'latin1').split('\n', 1)[0]}\n${'x'.repeat(9999)}`),
  ],
  [
    'of another program',
    (file) => writeFileSync(file, readFileSync(file, 'latin1').replace('"identity":"', '"identity":"1'), 'latin1'),
  ],
])('a file %s is not used, and is replaced', async (_what, spoil) => {
  using cache = aCache();
  const { stdout } = await cache.run('config', 'path');
  const whole = statSync(cache.file());
  spoil(cache.file());
  expect(await cache.run('config', 'path')).toEqual({ code: 0, stdout, stderr: '' });
  const replaced = lstatSync(cache.file());
  expect(replaced.ino).not.toBe(whole.ino);
  expect(replaced.mode & 0o777).toBe(0o600);
  expect(replaced.size).toBeGreaterThan(300_000);
});

test('without a cache folder the program still runs', async () => {
  const { code, stderr } = await startedWebmacs(['config', 'path'], { env: { XDG_CACHE_HOME: '/dev/null' } });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
});

test('a relative XDG_CACHE_HOME is ignored', async () => {
  using folder = temporaryDirectory();
  const env = { XDG_CACHE_HOME: 'cache', HOME: folder.path };
  expect((await startedWebmacs(['config', 'path'], { env, cwd: folder.path })).code).toBe(0);
  expect(readdirSync(folder.path)).toEqual(['.cache']);
});

test('nothing is cached in a folder that other users can write to', async () => {
  using cache = aCache();
  mkdirSync(cache.inside);
  chmodSync(cache.inside, 0o770);
  expect(await cache.run('config', 'path')).toMatchObject({ code: 0, stderr: '' });
  expect(readdirSync(cache.inside)).toEqual([]);
});
