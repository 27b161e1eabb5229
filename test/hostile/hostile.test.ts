import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const FUZZ = fileURLToPath(new URL('wheel.ts', import.meta.url));

test('a few hundred damaged wheels are each refused or accepted, with no other outcome', async () => {
  const child = spawn(process.execPath, ['--max-semi-space-size=4', FUZZ, '--count', '400'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const code = new Promise((done) => child.once('close', done));
  expect(await text(child.stdout)).toMatch(/^400 wheels.* 0 violations\.$/m);
  expect(await code).toBe(0);
});
