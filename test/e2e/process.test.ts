import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { NO_SETTINGS } from '../support/host.ts';
import { PROGRAM } from '../support/paths.ts';
import { temporaryDirectory } from '../support/program.ts';
import { aSite, aUser } from '../support/site.ts';

/** What surrounds the program: signals, folders, file descriptors. */
const site = await aSite();
afterAll(() => site[Symbol.asyncDispose]());
const { username } = await aUser(site);
const env = { ...NO_SETTINGS, DATABASE_URL: site.url };

test('a signal between the end of the command and that of the process changes nothing', async () => {
  using folder = temporaryDirectory();
  const late = join(folder.path, 'late.cjs');
  writeFileSync(
    late,
    `const exit = process.exit;
     process.exit = (code) => { process.kill(process.pid, 'SIGINT'); process.kill(process.pid, 'SIGTERM'); exit(code); };`,
  );
  const { code } = await site.runStarted('users list', { env: { NODE_OPTIONS: `--require=${late}` } });
  expect(code).toBe(0);
});

test('a list loads no module of Node that it does not use, which takes time', async () => {
  using folder = temporaryDirectory();
  const report = join(folder.path, 'report.cjs');
  writeFileSync(report, `process.on('exit', () => process.stderr.write(process.moduleLoadList.join('\\n')))`);
  const settings = { NODE_OPTIONS: `--require=${report}`, XDG_CACHE_HOME: folder.path };
  // The first run writes its compiled code.
  await site.runStarted('users list', { env: settings });
  const { stderr } = await site.runStarted('users list', { env: settings });
  const loaded = stderr.split('\n').map((line) => line.replace('NativeModule ', ''));
  expect(loaded).toContain('net');
  expect(loaded.filter((name) => ['crypto', 'dns', 'child_process', 'http', 'zlib'].includes(name))).toEqual([]);
});

test.each([
  ['config', 'path'],
  ['config', 'set', 'as', 'ada'],
  ['db', 'start'],
])('HOME=/proc: %s %s ends', (...words) => {
  const { status, stderr } = spawnSync(process.execPath, [PROGRAM, ...words], {
    env: { PATH: NO_SETTINGS.PATH, HOME: '/proc', WEBMACS_DATA_DIR: '/proc/webmacs' },
    encoding: 'utf8',
    timeout: 30_000,
    killSignal: 'SIGKILL',
  });
  const isRefused = words[1] !== 'path';
  expect([status, stderr]).toEqual([isRefused ? 2 : 0, isRefused ? expect.stringContaining('in /proc') : '']);
});

test('in a deleted working directory, a command that needs it is refused with a sentence', () => {
  using folder = temporaryDirectory();
  const run = (words: string) =>
    spawnSync(
      'bash',
      ['-c', `mkdir gone; cd gone; rmdir ../gone; exec "$0" "$1" ${words}`, process.execPath, PROGRAM],
      {
        cwd: folder.path,
        env,
        encoding: 'utf8',
      },
    );
  expect(run('config path')).toMatchObject({ status: 0, stderr: '' });
  for (const words of ['users list', 'experiments export Run -o run.csv']) {
    expect(run(words)).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('working directory no longer exists'),
    });
  }
});

test.skipIf(process.platform !== 'linux').each([
  [['users', 'show', 'nobody'], 3],
  [['events', 'create', 'E', '--unit', 'C', '--min', '0', '--max', '1', '--type', 'range', '--as', username], 0],
] as const)('a full disk behind stderr does not change the exit code: %j', async (words, expected) => {
  const full = openSync('/dev/full', 'w');
  const child = spawn(process.execPath, [PROGRAM, ...words], { env, stdio: ['ignore', 'ignore', full] });
  const [code] = await once(child, 'close');
  closeSync(full);
  expect(code).toBe(expected);
});

test.skipIf(process.platform === 'win32')('a report whose reader has closed standard error is no failure', async () => {
  expect(
    (await site.run(['experiments', 'create', 'E', '--started-on', '-2h', '--stopped-on', '-1h', '--as', username]))
      .code,
  ).toBe(0);
  const script = '"$0" "$1" experiments export E -o - --json 2> >(exec true); exit $?';
  const { status } = spawnSync('bash', ['-c', script, process.execPath, PROGRAM], { env, encoding: 'utf8' });
  expect(status).toBe(0);
});

test.skipIf(process.platform !== 'linux')('a closed stdout is an error, a discarded one is not', () => {
  const run = (script: string) =>
    spawnSync('bash', ['-c', script, process.execPath, PROGRAM], { env, encoding: 'utf8' });
  expect(run('"$0" "$1" users list >&-; exit $?')).toMatchObject({
    status: 1,
    stderr: 'error: Cannot write to standard output: bad file descriptor.\n',
  });
  expect(run('"$0" "$1" users list >/dev/null; exit $?')).toMatchObject({ status: 0, stderr: '' });
  expect(run('exec 1<>/dev/null; "$0" "$1" users list; exit $?')).toMatchObject({ status: 0, stderr: '' });
});
