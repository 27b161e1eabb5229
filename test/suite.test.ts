import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, test } from 'vitest';
import { hasExited } from '../src/database/embedded-server/processes.ts';
import { main } from '../src/main.ts';
import { TestHost } from './support/host.ts';
import { until } from './support/until.ts';

/** What vitest does with the suite's setup, in small: it begins, and is never told to end. */
const SUITE = `
  import setup from '${import.meta.resolve('./support/server.ts')}';
  await setup({ provide: () => {} });
  console.log(process.env.TMPDIR);
  setInterval(() => {}, 1000);
`;

test('a suite that is killed leaves neither a server nor a file', async () => {
  const suite = spawn(process.execPath, ['--input-type=module', '-e', SUITE], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [temporary] = await once(createInterface(suite.stdout), 'line');
  const directory = join(String(temporary), '..');
  const [version = ''] = readdirSync(join(directory, 'server')).filter((name) => /^\d+$/.test(name));
  const pid = Number.parseInt(readFileSync(join(directory, 'server', version, 'data', 'postmaster.pid'), 'utf8'), 10);
  suite.kill('SIGKILL');
  await once(suite, 'exit');
  await until(() => !existsSync(directory));
  expect(hasExited(pid)).toBe(true);
});

test("a command in the tests' process leaves no listener behind, and sees none of its settings", async () => {
  const host = new TestHost({ env: { WEBMACS_CONFIG: '/nowhere/config.json' } });
  const { exitCode } = await main(['config', 'path'], host);
  expect([exitCode, host.stdout.text]).toEqual([0, '/nowhere/config.json\n']);
  expect(host.eventNames()).toEqual([]);
});
