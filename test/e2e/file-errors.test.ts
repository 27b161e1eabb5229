import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { canMount, mount } from '../support/mount.ts';
import { temporaryDirectory, webmacs } from '../support/program.ts';
import { anEvent, aSite } from '../support/site.ts';

/** What the file system refuses is never blamed on the database. */
const site = await aSite();
afterAll(() => site[Symbol.asyncDispose]());
const folder = temporaryDirectory();
afterAll(() => folder[Symbol.dispose]());
const at = (...names: string[]) => join(folder.path, ...names);
writeFileSync(at('plain'), '');
symlinkSync(at('loop'), at('loop'));
const LONG = at('x'.repeat(300));

/** Expects a refusal with this exit code that names the path, and returns its sentence. */
async function refusal(words: string[], env: Record<string, string>, exitCode: number, path: string): Promise<string> {
  const { code, stdout, stderr } = await webmacs([...words, '--json'], { env });
  expect([code, stdout]).toEqual([exitCode, '']);
  const { error } = JSON.parse(stderr);
  expect(error.message).toContain(path);
  expect(error.hint ?? '').not.toContain('config show --origin');
  return error.message;
}

test.each([
  ['below a file', at('plain', 'config.json'), 'part of its path is a file'],
  ['too long', LONG, 'too long'],
  ['a link to itself', at('loop'), 'points to itself'],
])('a configuration file that is %s', async (_what, path, why) => {
  expect(await refusal(['config', 'set', 'as', 'alice'], { WEBMACS_CONFIG: path }, 2, path)).toContain(why);
});

test('a configuration file that cannot be read says why', async () => {
  const env = { WEBMACS_CONFIG: folder.path };
  expect(await refusal(['config', 'show'], env, 2, folder.path)).toContain('cannot be read: illegal operation on');
});

test.each([
  ['too long', LONG, 'too long'],
  ['a link to itself', at('loop'), 'points to itself'],
])('a data directory that is %s', async (_what, path, why) => {
  expect(await refusal(['users', 'list'], { WEBMACS_DATA_DIR: path }, 2, path)).toContain(why);
});

test.each([
  ['a file', at('plain'), 'is a file'],
  ['too long', LONG, 'too long'],
  ['a link to itself', at('loop'), 'points to itself'],
])('a plugin directory and one of migrations that is %s', async (_what, path, why) => {
  const env = { DATABASE_URL: site.url, WEBMACS_PLUGIN_DIR: path };
  expect(await refusal(['plugins', 'verify'], env, 2, path)).toContain(why);
  expect(await refusal(['db', 'generate', '--directory', path, '--name', 'x'], env, 2, path)).toContain(why);
});

test.skipIf(process.platform !== 'linux')('a file that breaks off while it is read', async () => {
  const event = await anEvent(site);
  const words = ['datapoints', 'import', '/proc/self/mem', '--event', event.name];
  expect(await refusal(words, { DATABASE_URL: site.url }, 1, '/proc/self/mem')).toContain('i/o error');
});

test.skipIf(!canMount())('a read-only file system, and one that is full', async () => {
  mkdirSync(at('disk'));
  using _disk = mount(at('disk'), 'size=4k,mode=700');
  const env = { WEBMACS_CONFIG: at('disk', 'config.json') };
  writeFileSync(at('disk', 'full'), Buffer.alloc(4096));
  expect(await refusal(['config', 'set', 'as', 'alice'], env, 1, env.WEBMACS_CONFIG)).toContain('No space left');
  execFileSync('mount', ['-o', 'remount,ro', at('disk')]);
  expect(await refusal(['config', 'set', 'as', 'alice'], env, 2, env.WEBMACS_CONFIG)).toContain('is on a read-only');
});
