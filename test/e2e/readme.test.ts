import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { Place } from '../database/embedded-server/place.ts';
import { NO_SETTINGS } from '../support/host.ts';
import { runPage } from '../support/pages.ts';
import { PROGRAM, ROOT } from '../support/paths.ts';
import { startedWebmacs, temporaryDirectory } from '../support/program.ts';
import { hasTerminal } from '../support/terminal.ts';

const TIMEOUT_MILLISECONDS = 600_000;

/** The machine on which README has been run. */
const first = new Place();
afterAll(() => first[Symbol.dispose]());
mkdirSync(join(first.root, 'bin'));
for (const name of ['webmacs', 'webmacs.js']) {
  symlinkSync(PROGRAM, join(first.root, 'bin', name));
}

async function run(page: string, { root }: Place): Promise<void> {
  const env = {
    XDG_DATA_HOME: root,
    XDG_CONFIG_HOME: join(root, 'config'),
    XDG_CACHE_HOME: NO_SETTINGS.XDG_CACHE_HOME,
  };
  const file = join(ROOT, page);
  const { text, failed } = await runPage(readFileSync(file, 'utf8'), root, env);
  expect(failed).toEqual([]);
  await expect(text).toMatchFileSnapshot(file);
}

test.runIf(hasTerminal)('a page is checked by its exit codes and by what it shows', async () => {
  using folder = temporaryDirectory();
  const page = '```console\n$ false\n$ echo one \\\n  two\n1\n$ date +%FT%T\n2026-01-31T12:00:00\n```\n';
  const { text, failed } = await runPage(page, folder.path, {});
  expect([text, failed]).toEqual([page.replace('\n1\n', '\none two\n'), ['false: exit code 1\n']]);
});

test.runIf(hasTerminal)(
  'README runs from top to bottom on a fresh machine',
  { timeout: TIMEOUT_MILLISECONDS },
  async () => {
    await run('README.md', first);
  },
);

test.runIf(hasTerminal)(
  'what README gives to cron runs with no more than cron gives it',
  { timeout: TIMEOUT_MILLISECONDS },
  () => {
    const lines = readFileSync(join(first.root, 'webmacs.cron'), 'utf8').trimEnd().split('\n');
    const [, path] = /^PATH=(.*)$/.exec(lines.shift() ?? '') ?? [];
    const env = { HOME: first.root, SHELL: '/bin/sh', PATH: path, XDG_DATA_HOME: first.root };
    expect(lines.length).toBeGreaterThan(2);
    for (const line of lines) {
      const command = line.split(/ +/).slice(5).join(' ');
      const { status, stdout, stderr } = spawnSync('/bin/sh', ['-c', command], {
        cwd: first.root,
        env,
        encoding: 'utf8',
      });
      expect([command, status, stdout, stderr]).toEqual([command, 0, '', '']);
    }
  },
);

const pages = readdirSync(join(ROOT, 'docs')).filter(
  (name) => name.endsWith('.md') && readFileSync(join(ROOT, 'docs', name), 'utf8').includes('```console'),
);

test.runIf(hasTerminal).each(pages)('docs/%s runs after README', { timeout: TIMEOUT_MILLISECONDS }, async (name) => {
  using place = new Place();
  execFileSync('cp', ['-a', `${first.root}/.`, place.root]);
  const env = { XDG_DATA_HOME: place.root };
  // Otherwise each command would start the server, and stop it.
  await startedWebmacs(['db', 'start'], { env });
  await run(`docs/${name}`, place).finally(() => startedWebmacs(['db', 'stop', '--force'], { env }));
});
