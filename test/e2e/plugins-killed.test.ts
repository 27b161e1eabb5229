import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { aPluginDirectory, type PluginDirectory } from '../plugins/plugin-directory.ts';
import { aPluginSite } from '../plugins/plugin-site.ts';
import { bundled } from '../support/bundled.ts';
import { until } from '../support/until.ts';

const { site, folder, close } = await aPluginSite();
afterAll(close);

const PROGRAM = await bundled(new URL('../plugins/change-killed.ts', import.meta.url));
/** After the preparation, before and after each of the three changes, and before the cleanup. */
const STEPS = ['begin:after', 'setStage:after', 'publish:before', 'publish:after', 'finish:before'];

let names = 0;
const newName = () => `killed-${names++}`;
const fileOf = (name: string, version: string) => `${name.replaceAll('-', '_')}-${version}-py3-none-any.whl`;

async function killedAt(step: string, { plugins, python }: PluginDirectory, what: string): Promise<void> {
  const child = spawn(process.execPath, [PROGRAM, site.url, plugins, python.path, step, what], { stdio: 'inherit' });
  const [, signal] = await once(child, 'exit');
  expect(signal).toBe('SIGKILL');
}

test.each(STEPS)('after kill -9 at %s of a first install, verify reports it and install repairs it', async (step) => {
  const directory = aPluginDirectory(site, folder.path);
  const name = newName();
  const wheel = directory.wheel({ name });
  await killedAt(step, directory, wheel);
  const { code, problems } = await directory.problems();
  expect([code, problems]).toEqual([6, expect.arrayContaining(['interrupted'])]);
  expect((await directory.run('install', wheel)).code).toBe(0);
  expect(await directory.problems(name)).toEqual({ code: 0, problems: [] });
  expect([directory.files(), directory.python.packages()]).toEqual([[fileOf(name, '1.0')], [`${name} 1.0`]]);
});

test.each(STEPS)(
  'after kill -9 at %s of an upgrade, verify reports it and the same upgrade repairs it',
  async (step) => {
    const directory = aPluginDirectory(site, folder.path);
    const name = newName();
    await directory.run('install', directory.wheel({ name }));
    const wheel = directory.wheel({ name, version: '1.1' });
    await killedAt(step, directory, wheel);
    expect((await directory.problems(name)).problems).toContain('interrupted');
    const { code, stderr } = await directory.run('install', wheel, '--upgrade');
    expect([code, stderr]).toEqual([0, expect.stringContaining('was interrupted earlier')]);
    expect(await directory.problems(name)).toEqual({ code: 0, problems: [] });
    expect([directory.files(), directory.python.packages()]).toEqual([[fileOf(name, '1.1')], [`${name} 1.1`]]);
  },
);

test.each(STEPS)('after kill -9 at %s of an upgrade, the next change of any package repairs it', async (step) => {
  const directory = aPluginDirectory(site, folder.path);
  const [name, other] = [newName(), newName()];
  await directory.run('install', directory.wheel({ name }));
  await killedAt(step, directory, directory.wheel({ name, version: '1.0', plugins: ['another'] }));
  expect((await directory.run('install', directory.wheel({ name: other }))).code).toBe(0);
  expect(await directory.problems(name)).toEqual({ code: 0, problems: [] });
  const { stdout } = await site.run(['plugins', 'packages', 'show', name, '--json']);
  // The row decides whether the upgrade is finished.
  expect(JSON.parse(stdout).plugin_ids).toEqual(step === 'finish:before' ? ['another'] : ['demo']);
  expect(directory.files()).toEqual([fileOf(name, '1.0'), fileOf(other, '1.0')].sort());
});

test.each(STEPS.filter((step) => !step.startsWith('publish')))(
  'after kill -9 at %s of an uninstall, verify reports it and an install repairs it',
  async (step) => {
    const directory = aPluginDirectory(site, folder.path);
    const name = newName();
    const wheel = directory.wheel({ name });
    await directory.run('install', wheel);
    await killedAt(step, directory, name);
    expect((await directory.problems()).problems).toContain('interrupted');
    expect((await directory.run('install', wheel)).code).toBe(0);
    expect(await directory.problems(name)).toEqual({ code: 0, problems: [] });
    expect([directory.files(), directory.python.packages()]).toEqual([[fileOf(name, '1.0')], [`${name} 1.0`]]);
  },
);

test('after kill -9 of the program while pip runs, verify reports it and install repairs it', async () => {
  const directory = aPluginDirectory(site, folder.path);
  const name = newName();
  const wheel = directory.wheel({ name });
  directory.python.set('slow');
  const child = site.start(['plugins', 'install', wheel, '--python', directory.python.path], directory.options);
  await until(() => directory.python.running());
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect((await directory.problems()).problems).toContain('interrupted');
  expect((await site.run(['plugins', 'packages', 'show', name])).code).toBe(3);
  await until(() => !directory.python.running());
  expect((await directory.run('install', wheel)).code).toBe(0);
  expect(await directory.problems(name)).toEqual({ code: 0, problems: [] });
});

test('files that were staged before the journal was written are removed', async () => {
  const directory = aPluginDirectory(site, folder.path);
  const name = newName();
  mkdirSync(join(directory.plugins, '.installing', 'previous'), { recursive: true });
  writeFileSync(join(directory.plugins, '.installing', fileOf(name, '1.0')), 'half');
  expect((await directory.problems()).problems).toContain('interrupted');
  expect((await directory.run('install', directory.wheel({ name }))).code).toBe(0);
  expect(directory.files()).toEqual([fileOf(name, '1.0')]);
});

test('a missing Python does not block the next install', async () => {
  const directory = aPluginDirectory(site, folder.path);
  await killedAt('publish:before', directory, directory.wheel({ name: newName() }));
  const later = aPluginDirectory(site, folder.path);
  directory.python.set('fail-uninstall');
  const words = ['plugins', 'install', directory.wheel({ name: newName() }), '--python', later.python.path];
  const { code, stderr } = await site.run(words, directory.options);
  expect([code, stderr]).toEqual([0, expect.stringContaining('could not be restored')]);
});

test.skipIf(process.getuid?.() !== 0)('a change that another user left behind is not touched', async () => {
  const directory = aPluginDirectory(site, folder.path);
  const wheel = directory.wheel({ name: newName() });
  await killedAt('publish:before', directory, wheel);
  chownSync(join(directory.plugins, '.installing'), 65_534, 65_534);
  const { code, stderr } = await directory.run('install', wheel);
  expect([code, stderr]).toEqual([4, expect.stringContaining('by another user')]);
  expect((await directory.problems()).problems).toContain('interrupted');
});
