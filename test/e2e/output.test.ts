import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { afterAll, expect, test } from 'vitest';
import { migrations } from '../../migrations/index.ts';
import { NO_SETTINGS } from '../support/host.ts';
import { PROGRAM } from '../support/paths.ts';
import { anEvent, anExperiment, aSite, aUser } from '../support/site.ts';
import { hasTerminal, onRealTerminal } from '../support/terminal.ts';

const site = await aSite();
afterAll(() => site[Symbol.asyncDispose]());
const owner = (await aUser(site, { username: 'root', admin: true })).publicId;
const EVIL = 'red\u001b[31m\ttab\nline\u202eback';
const ESCAPED = 'red\\x1b[31m\\ttab\\nline\\u202eback';
const evil = await anEvent(site, { name: EVIL, owner });

const terminalTest = test.skipIf(!hasTerminal);
const shown = async (line: string, env: Record<string, string> = {}) =>
  (await onRealTerminal(line, { DATABASE_URL: site.url, ...env })).output;

test('control characters of a name are escaped in text, and raw in JSON', async () => {
  expect((await site.run('events list')).stdout).toContain(`${ESCAPED}\t°C`);
  expect((await site.run(['events', 'show', evil.publicId])).stdout).toContain(`name\t${ESCAPED}\n`);
  expect(JSON.parse((await site.run('events list --json')).stdout)[0].name).toBe(EVIL);
});

test('control characters of a name are escaped in messages and errors', async () => {
  const changed = await site.run(['events', 'update', evil.publicId, '--max', '5']);
  const asked = await site.run(['events', 'delete', evil.publicId]);
  const missing = await site.run(['users', 'show', EVIL]);
  for (const { stderr } of [changed, asked, missing]) {
    expect(stderr).not.toMatch(/[\u001b\t\u202e]/);
    expect(stderr).toContain('red\\x1b[31m');
  }
});

terminalTest('on a terminal a list is a table with a heading, short ids and a count', async () => {
  const output = await shown('users list');
  expect(output).toContain('USERNAME');
  expect(output).toMatch(new RegExp(`root +root@lab.org +\\S+yes\\S+ +\\S+ \\S+ +${owner.slice(0, 8)}\\n`));
  expect(output).toContain('1 total.');
});

terminalTest('on a terminal no control character of a name is printed raw', async () => {
  const output = await shown('events list --no-color');
  expect(output).not.toMatch(/[\u001b\u202e]/);
  expect(output).toContain('red\\x1b[31m');
});

terminalTest('on a terminal wide characters take two cells, and are truncated only if they do not fit', async () => {
  const { publicId } = await anExperiment(site, { name: '炉内温度センサー校正', owner });
  const output = await shown('experiments list --no-color');
  expect(output).toMatch(new RegExp(`^炉内温度センサー校正  2026.*  ${publicId.slice(0, 8)}\\n`, 'm'));
});

terminalTest('on a terminal there are colours, unless disabled', async () => {
  const COLOUR = '\u001b[';
  expect(await shown('users list')).toContain(COLOUR);
  expect(await shown('users list --no-color')).not.toContain(COLOUR);
  expect(await shown('users list', { NO_COLOR: '1' })).not.toContain(COLOUR);
  expect(await shown('users list', { TERM: 'dumb' })).not.toContain(COLOUR);
  expect(await shown('users lst --no-color')).not.toContain(COLOUR);
});

test('--quiet leaves errors, and the data that was asked for', async () => {
  const words = 'events create Q --unit C --min 0 --max 1 --type range --quiet';
  expect(await site.run(words)).toEqual({ code: 0, stderr: '', stdout: '' });
  const row = await site.run(`${words} --if-not-exists --json`);
  expect([row.stderr, JSON.parse(row.stdout).name]).toEqual(['', 'Q']);
  const instance = 'plugins instances create Q --plugin not-installed --quiet';
  expect(await site.run(instance)).toEqual({ code: 0, stderr: '', stdout: '' });
  expect((await site.run('users show nobody --quiet')).stderr).toContain('not found');
});

test.skipIf(process.platform !== 'linux')('a full disk behind standard output is reported', async () => {
  const full = openSync('/dev/full', 'w');
  const child = spawn(process.execPath, [PROGRAM, 'users', 'list'], {
    env: { ...NO_SETTINGS, DATABASE_URL: site.url },
    stdio: ['ignore', full, 'pipe'],
  });
  const [[code], printed] = await Promise.all([once(child, 'close'), child.stderr ? text(child.stderr) : '']);
  closeSync(full);
  expect([code, printed]).toEqual([1, 'error: Cannot write to standard output: no space left on device.\n']);
});

test('--no-input is accepted everywhere and never prompts', async () => {
  expect((await site.run('users create x2 --no-input')).stderr).toContain('Missing: --email.');
});

test('version --json has program, Node, server and migration', async () => {
  expect(JSON.parse((await site.run('version --json')).stdout)).toEqual({
    program: expect.stringMatching(/^\d+\.\d+\.\d+$/),
    node: process.versions.node,
    server: expect.stringMatching(/^17\./),
    migration: migrations.at(-1)?.name,
  });
});
