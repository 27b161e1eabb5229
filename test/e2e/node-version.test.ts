import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { NO_SETTINGS } from '../support/host.ts';
import { temporaryDirectory } from '../support/program.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** The package's files in a folder of their own, run by a Node that says it is version 20. */
function onNode20(files: Record<string, string>, words: string[]) {
  using folder = temporaryDirectory();
  cpSync(join(ROOT, 'bin'), join(folder.path, 'bin'), { recursive: true });
  for (const [name, text] of Object.entries({ 'package.json': '{ "version": "0.1.0" }', ...files })) {
    writeFileSync(join(folder.path, name), text, { mode: 0o755 });
  }
  if (files.node) {
    mkdirSync(join(folder.path, 'node_modules', 'node', 'bin'), { recursive: true });
    execFileSync('mv', [join(folder.path, 'node'), join(folder.path, 'node_modules', 'node', 'bin')]);
  }
  const pretend = "Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.20.2' } })";
  writeFileSync(join(folder.path, 'pretend.cjs'), pretend);
  const program = ['--require', join(folder.path, 'pretend.cjs'), join(folder.path, 'bin', 'webmacs.js'), ...words];
  const { status, stdout, stderr } = spawnSync(process.execPath, program, { env: NO_SETTINGS, encoding: 'utf8' });
  return { status, stdout, stderr: stderr.replaceAll(folder.path, 'HERE') };
}

test.each([[['users', 'list']], [['--help']], [['demo']], [[]]])(
  'an installed package on Node 20 prints how to get a newer one for %j',
  (words) => {
    expect(onNode20({}, words)).toEqual({
      status: 1,
      stdout: '',
      stderr:
        'error: webmacs needs Node 22.22 or newer, but this is Node 20.20.2. Install it from https://nodejs.org, or with a version manager, such as "nvm install 24".\n',
    });
  },
);

test('a clone on Node 20 without its own Node prints how to get it', () => {
  const { status, stderr } = onNode20({ 'package-lock.json': '{}' }, ['demo']);
  expect([status, stderr]).toEqual([1, expect.stringContaining('Run "npm ci" in HERE, which installs it.')]);
});

test('a clone on Node 20 runs its own Node, with arguments and exit code', () => {
  const run = onNode20({ node: '#!/bin/sh\nshift\necho "$@"\nexit 4\n' }, ['users', 'show', 'x']);
  expect(run).toEqual({ status: 4, stdout: 'users show x\n', stderr: '' });
});
