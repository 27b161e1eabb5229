import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { aPluginDirectory, type Place } from '../plugins/plugin-directory.ts';
import { temporaryDirectory } from '../support/program.ts';
import { aSite, aUser } from '../support/site.ts';
import { until } from '../support/until.ts';

const site = await aSite();
const folder = temporaryDirectory();
afterAll(async () => {
  await site[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});
beforeAll(async () => void (await aUser(site, { username: 'root', admin: true })));

const PROGRAM = fileURLToPath(new URL('../plugins/change-killed.ts', import.meta.url));
/** After the preparation, before and after each of the three changes, and before the tidying up. */
const STEPS = ['begin:after', 'enter:after', 'publish:before', 'publish:after', 'finish:before'];

let names = 0;
const newName = () => `killed-${names++}`;
const fileOf = (name: string, version: string) => `${name.replaceAll('-', '_')}-${version}-py3-none-any.whl`;

async function killedAt(step: string, { plugins, python }: Place, what: string): Promise<void> {
  const child = spawn(process.execPath, [PROGRAM, site.url, plugins, python.path, step, what], { stdio: 'inherit' });
  const [, signal] = await once(child, 'exit');
  expect(signal).toBe('SIGKILL');
}

test.each(STEPS)('after kill -9 at %s of a first install, verify tells and install mends', async (step) => {
  const place = aPluginDirectory(site, folder.path);
  const name = newName();
  const wheel = place.wheel({ name });
  await killedAt(step, place, wheel);
  const { code, problems } = await place.problems();
  expect([code, problems]).toEqual([6, expect.arrayContaining(['interrupted'])]);
  expect((await place.run('install', wheel)).code).toBe(0);
  expect(await place.problems(name)).toEqual({ code: 0, problems: [] });
  expect([place.files(), place.python.packages()]).toEqual([[fileOf(name, '1.0')], [`${name} 1.0`]]);
});

test.each(STEPS)('after kill -9 at %s of an upgrade, verify tells and the same upgrade mends', async (step) => {
  const place = aPluginDirectory(site, folder.path);
  const name = newName();
  await place.run('install', place.wheel({ name }));
  const wheel = place.wheel({ name, version: '1.1' });
  await killedAt(step, place, wheel);
  expect((await place.problems(name)).problems).toContain('interrupted');
  const { code, stderr } = await place.run('install', wheel, '--upgrade');
  expect([code, stderr]).toEqual([0, expect.stringContaining('had been interrupted')]);
  expect(await place.problems(name)).toEqual({ code: 0, problems: [] });
  expect([place.files(), place.python.packages()]).toEqual([[fileOf(name, '1.1')], [`${name} 1.1`]]);
});

test.each(STEPS)('after kill -9 at %s of an upgrade, the next change of any package mends it', async (step) => {
  const place = aPluginDirectory(site, folder.path);
  const [name, other] = [newName(), newName()];
  await place.run('install', place.wheel({ name }));
  await killedAt(step, place, place.wheel({ name, version: '1.0', plugins: ['another'] }));
  expect((await place.run('install', place.wheel({ name: other }))).code).toBe(0);
  expect(await place.problems(name)).toEqual({ code: 0, problems: [] });
  const { stdout } = await site.run(['plugins', 'packages', 'show', name, '--json']);
  // The row decides what counts.
  expect(JSON.parse(stdout).plugin_ids).toEqual(step === 'finish:before' ? ['another'] : ['demo']);
  expect(place.files()).toEqual([fileOf(name, '1.0'), fileOf(other, '1.0')].sort());
});

test.each(STEPS.filter((step) => !step.startsWith('publish')))(
  'after kill -9 at %s of an uninstall, verify tells and an install mends',
  async (step) => {
    const place = aPluginDirectory(site, folder.path);
    const name = newName();
    const wheel = place.wheel({ name });
    await place.run('install', wheel);
    await killedAt(step, place, name);
    expect((await place.problems()).problems).toContain('interrupted');
    expect((await place.run('install', wheel)).code).toBe(0);
    expect(await place.problems(name)).toEqual({ code: 0, problems: [] });
    expect([place.files(), place.python.packages()]).toEqual([[fileOf(name, '1.0')], [`${name} 1.0`]]);
  },
);

test('after kill -9 of the program while pip runs, verify tells and install mends', async () => {
  const place = aPluginDirectory(site, folder.path);
  const name = newName();
  const wheel = place.wheel({ name });
  place.python.set('slow');
  const child = site.start(['plugins', 'install', wheel, '--python', place.python.path], place.options);
  await until(() => place.python.running());
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect((await place.problems()).problems).toContain('interrupted');
  expect((await site.run(['plugins', 'packages', 'show', name])).code).toBe(3);
  await until(() => !place.python.running());
  expect((await place.run('install', wheel)).code).toBe(0);
  expect(await place.problems(name)).toEqual({ code: 0, problems: [] });
});

test('what was laid down before there was a journal is taken away', async () => {
  const place = aPluginDirectory(site, folder.path);
  const name = newName();
  mkdirSync(join(place.plugins, '.installing', 'previous'), { recursive: true });
  writeFileSync(join(place.plugins, '.installing', fileOf(name, '1.0')), 'half');
  expect((await place.problems()).problems).toContain('interrupted');
  expect((await place.run('install', place.wheel({ name }))).code).toBe(0);
  expect(place.files()).toEqual([fileOf(name, '1.0')]);
});

test('a Python that is gone for good does not stand in the way of the next install', async () => {
  const place = aPluginDirectory(site, folder.path);
  await killedAt('publish:before', { ...place, python: place.python }, place.wheel({ name: newName() }));
  const later = aPluginDirectory(site, folder.path);
  place.python.set('fail-uninstall');
  const words = ['plugins', 'install', place.wheel({ name: newName() }), '--python', later.python.path];
  const { code, stderr } = await site.run(words, place.options);
  expect([code, stderr]).toEqual([0, expect.stringContaining('could not be put back')]);
});

test.skipIf(process.getuid?.() !== 0)('what another user left is not acted upon', async () => {
  const place = aPluginDirectory(site, folder.path);
  const wheel = place.wheel({ name: newName() });
  await killedAt('publish:before', place, wheel);
  chownSync(join(place.plugins, '.installing'), 65_534, 65_534);
  const { code, stderr } = await place.run('install', wheel);
  expect([code, stderr]).toEqual([4, expect.stringContaining('by another user')]);
  expect((await place.problems()).problems).toContain('interrupted');
});
