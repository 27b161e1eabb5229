import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { temporaryDirectory } from '../support/program.ts';
import { runPart } from './part.ts';

const HOSTILE = fileURLToPath(new URL('hostile.ts', import.meta.url));

test('a few hundred mutated wheels are each refused or accepted, without a finding', async () => {
  const child = spawn(process.execPath, [HOSTILE, '--only', 'wheels', '--cases', '400'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const code = new Promise((done) => child.once('close', done));
  expect(await text(child.stdout)).toMatch(/^\| wheels \| 400 \| [\d.]+ \| 0 \| \d+ accepted, \d+ refused \(/m);
  expect(await code).toBe(0);
});

test.each([
  ['reports one', 'process.send({ summary: "", findings: ["bad"] }); process.disconnect();', ['bad']],
  ['crashes', 'process.exit(3)', ['The script ended with exit code 3.']],
  ['reports nothing', '', ['The script ended with exit code 0.']],
  ['hangs', 'setInterval(() => {}, 1000)', [expect.stringMatching(/^The script ended with SIGKILL after \d+ s\.$/)]],
])('a script that %s is a finding', async (_what, script, findings) => {
  using directory = temporaryDirectory();
  const path = join(directory.path, 'part.mjs');
  writeFileSync(path, script);
  const part = { name: 'part', script: pathToFileURL(path), cases: 1, limitSeconds: 2 };
  expect((await runPart(part, 1, 1)).findings).toEqual(findings);
});
