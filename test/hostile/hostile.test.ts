import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterEach, expect, inject, test, vi } from 'vitest';
import { temporaryDirectory } from '../support/program.ts';
import { runPart } from './part.ts';
import { PARTS } from './parts.ts';

const HOSTILE = fileURLToPath(new URL('hostile.ts', import.meta.url));

afterEach(() => void vi.unstubAllEnvs());

/** The others start the program many times, for which only `npm run hostile` has the time. */
const FEW: Record<string, number> = { prune: 1, csv: 30, loggers: 60, urls: 200, wheels: 200 };

test.each(PARTS.filter(({ name }) => name in FEW))(
  'a few cases of $name are without a finding',
  async (part) => {
    vi.stubEnv('HOSTILE_SERVER', inject('serverUrl'));
    const { findings, summary } = await runPart(part, FEW[part.name] ?? 1, 20261124);
    expect(findings).toEqual([]);
    expect(summary).toMatch(/^\d+ (accepted|killed|commands)/);
  },
  120_000,
);

test('the table has a line for each part, and the exit code is 0 without a finding', async () => {
  const { code, stdout } = await runHostile('urls', '--count', '50', '--seed', '7');
  expect(stdout).toMatch(/^Seed 7\n\n\| part .*\n.*\n\| urls \| 50 \| [\d.]+ \| 0 \| \d+ accepted, .*\|\n$/);
  expect(code).toBe(0);
});

async function runHostile(...words: string[]): Promise<{ code: number | null; stdout: string }> {
  const child = spawn(process.execPath, [HOSTILE, ...words], { stdio: ['ignore', 'pipe', 'inherit'] });
  const code = new Promise<number | null>((done) => child.once('close', done));
  return { stdout: await text(child.stdout), code: await code };
}

test.each([
  ['reports one', 'process.send({ summary: "", findings: ["bad"] }); process.disconnect();', ['bad']],
  ['crashes', 'process.exit(3)', ['The script ended with exit code 3.']],
  ['reports nothing', '', ['The script ended with exit code 0.']],
  ['hangs', 'setInterval(() => {}, 1000)', [expect.stringMatching(/^The script ended with SIGKILL after \d+ s\.$/)]],
])('a script that %s is a finding', async (_what, script, findings) => {
  using directory = temporaryDirectory();
  const path = join(directory.path, 'part.mjs');
  writeFileSync(path, script);
  const part = { name: 'part', script: pathToFileURL(path), count: 1, limitSeconds: 2 };
  expect((await runPart(part, 1, 1)).findings).toEqual(findings);
});
