import { execFileSync, spawn } from 'node:child_process';
import type { PoolClient } from 'pg';
import { afterAll, afterEach, beforeEach, expect, test } from 'vitest';
import { main } from '../../src/main.ts';
import { NO_SETTINGS } from '../support/host.ts';
import { PROGRAM } from '../support/paths.ts';
import { aSite } from '../support/site.ts';
import { hasTerminal, TestTerminal } from '../support/terminal.ts';
import { until } from '../support/until.ts';

const site = await aSite();
afterAll(() => site[Symbol.asyncDispose]());
const env = { DATABASE_URL: site.url, TERM: 'xterm', NO_COLOR: '1' };

/** Has what every command here waits for. */
let blocker: PoolClient;
/** Once it is given back. */
let freed: Promise<unknown> | undefined;
beforeEach(async () => {
  blocker = await site.pool.connect();
  await blocker.query('begin; lock table datapoints');
});
afterEach(async () => {
  await freed;
  blocker.release(true);
});

/** Runs a command on a terminal, and lets it go on once it has printed this. */
async function untilShown(line: string, expected: RegExp): Promise<{ code: number; text: string }> {
  const terminal = new TestTerminal({ env });
  const { stdout } = terminal;
  stdout.onText = () => {
    if (expected.test(stdout.text)) {
      stdout.onText = () => {};
      freed = blocker.query('rollback');
    }
  };
  const { exitCode } = await main(line.split(' '), terminal);
  return { code: exitCode, text: stdout.text };
}

test.each([
  ['datapoints stats', 'Computing statistics'],
  ['datapoints prune --older-than 90d --dry-run', 'Counting datapoints'],
  ['datapoints list', 'Reading'],
])('a command that waits has a spinner, and then a free line for its result: %s', async (line, label) => {
  const shown = await untilShown(line, new RegExp(`[⠋⠙⠹] ${label} {2}1 s`));
  expect([shown.code, shown.text]).toEqual([0, expect.stringMatching(/1 s\r\u001b\[J[^\r]*$/)]);
});

test.skipIf(!hasTerminal)('in a real window that becomes narrower it stays one line', async () => {
  const command = `stty cols 80; tty; exec '${process.execPath}' '${PROGRAM}' datapoints stats`;
  const child = spawn('script', ['-qec', command, '/dev/null'], { env: { ...NO_SETTINGS, SHELL: '/bin/sh', ...env } });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  const closed = new Promise((done) => child.once('close', done));
  await until(() => output.includes('Computing statistics  1 s'));
  execFileSync('stty', ['-F', /\/dev\/pts\/\d+/.exec(output)?.[0] ?? '', 'cols', '20']);
  await until(() => /\r\u001b\[1A\u001b\[J[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏] Computing statis…\r\u001b\[J/.test(output));
  await blocker.query('rollback');
  expect(await closed).toBe(0);
});
