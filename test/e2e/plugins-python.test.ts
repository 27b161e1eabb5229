import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildWheel, pythonOutput, virtualEnvironment } from '../plugins/python-project.ts';
import { wheelIn } from '../plugins/wheel.ts';
import { temporaryDirectory } from '../support/program.ts';
import { aSite, aUser } from '../support/site.ts';

const site = await aSite();
const folder = temporaryDirectory();
const plugins = join(folder.path, 'plugins');
mkdirSync(plugins);
const python = await virtualEnvironment(join(folder.path, 'venv'));
afterAll(async () => {
  await site[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});
beforeAll(async () => void (await aUser(site, { username: 'root', admin: true })));

describe.skipIf(python === undefined)(
  'a wheel built by Python’s own tools (skipped where python3 -m venv does not work)',
  () => {
    const interpreter = python ?? '';
    const run = async (...words: string[]) =>
      await site.run(['plugins', ...words, '--python', interpreter, '--plugin-dir', plugins]);
    const imported = () => pythonOutput(interpreter, 'import webmacs_real; print(webmacs_real.VERSION)');
    const loaded = () =>
      pythonOutput(
        interpreter,
        'from importlib.metadata import entry_points\nprint([p.name for p in entry_points(group="webmacs.plugins") if p.load()])',
      );

    test('is installed into a real virtual environment, importable, and found as a plugin', async () => {
      const wheel = await buildWheel(interpreter, '1.0');
      const { code, stderr } = await run('install', wheel);
      expect([code, stderr]).toEqual([0, expect.stringContaining('Restart the controller')]);
      expect([imported(), loaded()]).toEqual(['1.0', "['real']"]);
      expect((await run('verify')).code).toBe(0);
    });

    test('is upgraded', async () => {
      const wheel = await buildWheel(interpreter, '1.1');
      expect((await run('install', wheel, '--upgrade')).code).toBe(0);
      expect([imported(), readdirSync(plugins).length]).toEqual(['1.1', 1]);
      expect((await run('verify')).code).toBe(0);
    });

    test('that pip refuses leaves the version that was there before, and pip’s own output is shown', async () => {
      const metadata = 'Metadata-Version: 2.1\nName: Webmacs.Real\nVersion: 1.2\nRequires-Python: >=9\n';
      const wheel = wheelIn(folder.path, { name: 'Webmacs.Real', version: '1.2', metadata });
      const { code, stderr } = await run('install', wheel, '--upgrade');
      expect([code, stderr]).toEqual([1, expect.stringMatching(/requires a different Python/i)]);
      expect(imported()).toBe('1.1');
      expect((await run('verify')).code).toBe(0);
    });

    test('that was removed from Python is reported by verify, and restored by an install', async () => {
      pythonOutput(
        interpreter,
        'import subprocess, sys; subprocess.check_call([sys.executable, "-m", "pip", "uninstall", "-y", "webmacs-real"])',
      );
      const { code, stdout } = await run('verify', 'webmacs_real');
      expect([code, stdout]).toEqual([6, expect.stringContaining('not in Python')]);
      const wheel = join(plugins, readdirSync(plugins)[0] ?? '');
      expect((await run('install', wheel)).code).toBe(0);
      expect(imported()).toBe('1.1');
    });

    test('is uninstalled', async () => {
      expect((await run('uninstall', 'webmacs-real', '--yes')).code).toBe(0);
      expect(() => imported()).toThrow();
      expect(readdirSync(plugins)).toEqual([]);
      expect((await run('verify')).code).toBe(0);
    });
  },
);
