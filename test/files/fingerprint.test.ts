import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { InvalidInputError, NotFoundError } from '../../src/errors.ts';
import { fingerprint } from '../../src/files/fingerprint.ts';
import { temporaryDirectory } from '../support/program.ts';

const directory = temporaryDirectory();
afterAll(() => directory[Symbol.dispose]());
const at = (name: string) => join(directory.path, name);

test('the fingerprint of a file is its path, size and SHA-256, whatever its size', async () => {
  const content = Buffer.alloc(3_500_001, 'firmware');
  writeFileSync(at('firmware.bin'), content);
  const sha256 = createHash('sha256').update(content).digest('hex');
  expect(await fingerprint(at('firmware.bin'), 1e7)).toEqual({ path: at('firmware.bin'), bytes: 3_500_001, sha256 });
});

test('an empty file has a SHA-256 too', async () => {
  writeFileSync(at('empty'), '');
  expect(await fingerprint(at('empty'), 1)).toMatchObject({ bytes: 0, sha256: expect.stringMatching(/^e3b0c442/) });
});

test.each([
  ['missing', 'nothing', NotFoundError, 'does not exist'],
  ['below a file', 'empty/x', NotFoundError, 'does not exist'],
  ['a directory', 'folder', InvalidInputError, 'is a directory'],
  ['a pipe without a writer', 'fifo', InvalidInputError, 'is not a regular file'],
  ['too large', 'large', InvalidInputError, 'too large'],
  ['a link to itself', 'loop', InvalidInputError, 'points to itself'],
])('a file is refused that is %s', async (_what, name, kind, message) => {
  mkdirSync(at('folder'), { recursive: true });
  writeFileSync(at('empty'), '');
  if (name === 'fifo') {
    execFileSync('mkfifo', [at('fifo')]);
  }
  if (name === 'loop') {
    symlinkSync(at('loop'), at('loop'));
  }
  writeFileSync(at('large'), '');
  truncateSync(at('large'), 5_000_000_000);
  const refused = fingerprint(at(name), 2_147_483_647);
  await expect(refused).rejects.toThrow(kind);
  await expect(refused).rejects.toThrow(message);
});

test('an interruption stops reading', async () => {
  writeFileSync(at('large'), '');
  truncateSync(at('large'), 2_000_000_000);
  const interruption = new AbortController();
  const reading = fingerprint(at('large'), 2_147_483_647, interruption.signal);
  setTimeout(() => interruption.abort(), 20);
  await expect(reading).rejects.toMatchObject({ name: 'AbortError' });
});
