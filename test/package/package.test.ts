import { execFile, spawnSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { NO_SETTINGS } from '../support/host.ts';
import { webmacs as program, temporaryDirectory } from '../support/program.ts';
import { anEvent, aSite, aUser } from '../support/site.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** Another patch release than the one that the package is developed with. */
const OTHER_MIKRO_ORM = '7.2.5';
const TIMEOUT_MILLISECONDS = 300_000;

const run = promisify(execFile);
const npmInstall = ['install', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error'];
const isRegistryThere =
  spawnSync('npm', ['view', `@mikro-orm/core@${OTHER_MIKRO_ORM}`, 'version', '--fetch-retries=0']).status === 0;

const folder = temporaryDirectory();
let tarball: string;
beforeAll(async () => {
  // For root the embedded server runs under another account, which must get through.
  chmodSync(folder.path, 0o711);
  const { stdout } = await run('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', folder.path], {
    cwd: ROOT,
  });
  tarball = join(folder.path, JSON.parse(stdout)[0].filename);
}, TIMEOUT_MILLISECONDS);
afterAll(() => folder[Symbol.dispose]());

test('the package holds what Node can run, and documents', async () => {
  const { stdout } = await run('tar', ['tzf', tarball]);
  const files = stdout.trim().split('\n');
  const typings = files.filter((file) => file.startsWith('package/dist/types/'));
  expect(typings.every((file) => file.endsWith('.d.ts'))).toBe(true);
  expect(files.filter((file) => !typings.includes(file)).sort()).toEqual(
    [
      ...readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
        .filter((name) => name.includes('.'))
        .map((name) => `docs/${name}`),
      ...['CHANGELOG.md', 'LICENSE', 'README.md', 'THIRD-PARTY-NOTICES', 'package.json'],
      ...['bin/code-cache.js', 'bin/package.json', 'bin/webmacs.js'],
      ...['dist/index.js', 'dist/main.cjs', 'dist/page.css', 'dist/page.js', 'dist/prompts.cjs', 'dist/webmacs.1'],
      'dist/yaml.cjs',
      'examples/fluidised-bed/site.yaml',
    ]
      .map((file) => `package/${file}`)
      .sort(),
  );
});

test('the manual page in the package is the one of its commands', async () => {
  const { man } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  const { stdout } = await run('tar', ['xzfO', tarball, join('package', ...man)], { maxBuffer: 2 ** 24 });
  expect(stdout).toBe((await program(['man'])).stdout);
});

test.skipIf(!isRegistryThere)(
  'an installed program works, builds nothing, and brings no MikroORM (needs the registry)',
  { timeout: TIMEOUT_MILLISECONDS },
  async () => {
    const prefix = join(folder.path, 'global');
    await run('npm', [...npmInstall, '--global', '--prefix', prefix, tarball]);
    const installed = join(prefix, 'lib', 'node_modules', 'webmacs');
    expect(readdirSync(join(installed, 'node_modules'))).not.toContain('@mikro-orm');

    const cwd = join(folder.path, 'here');
    mkdirSync(cwd);
    const PATH = `${join(prefix, 'bin')}:${dirname(process.execPath)}:${NO_SETTINGS.PATH}`;
    const env = { ...NO_SETTINGS, PATH, WEBMACS_DATA_DIR: join(folder.path, 'data') };
    const webmacs = async (...words: string[]) => await run('webmacs', words, { cwd, env });
    const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
    expect((await webmacs('--version')).stdout).toBe(`webmacs ${version}\n`);
    expect(existsSync(join(prefix, 'share', 'man', 'man1', 'webmacs.1'))).toBe(true);
    expect((await webmacs('users', 'list', '--help')).stdout).toContain('webmacs users list');
    const demo = await webmacs('demo');
    expect(demo.stderr).toContain('100,000 datapoints');
    expect(demo.stderr).toContain('\n  webmacs experiments list\n');
    expect(readdirSync(cwd)).toEqual([expect.stringMatching(/^experiment_Demo_run_\w{8}\.csv$/)]);
  },
);

test.skipIf(!isRegistryThere)(
  'a strict program with a MikroORM of its own compiles and runs (needs the registry)',
  { timeout: TIMEOUT_MILLISECONDS },
  async () => {
    await using site = await aSite();
    const { publicId: owner } = await aUser(site, { username: 'alice', admin: true });
    await anEvent(site, { name: 'Bed temperature', unit: '°C', owner });
    await anEvent(site, { name: 'Air flow', unit: 'l/min', owner });

    const cwd = join(folder.path, 'consumer');
    cpSync(join(ROOT, 'test', 'package', 'consumer'), cwd, { recursive: true });
    const orm = ['core', 'postgresql'].map((name) => `@mikro-orm/${name}@${OTHER_MIKRO_ORM}`);
    await run('npm', [...npmInstall, '--omit=optional', tarball, ...orm, 'pg@8', '@types/node@24'], { cwd });
    expect(existsSync(join(cwd, 'node_modules', 'webmacs', 'node_modules', '@mikro-orm'))).toBe(false);
    const compiler = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
    const compiled = spawnSync(process.execPath, [compiler, '-p', cwd], { encoding: 'utf8' });
    expect([compiled.status, compiled.stdout]).toEqual([0, '']);

    const { stdout } = await run(process.execPath, [join('out', 'program.js'), site.url], { cwd, env: NO_SETTINGS });
    expect(JSON.parse(stdout)).toEqual({
      layout: 'own',
      total: 1,
      admin: true,
      names: ['Air flow', 'Bed temperature'],
      unit: 'l/min',
      status: 'success',
      missing: true,
    });
  },
);
