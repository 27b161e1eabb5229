import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { InvalidInputError, NotFoundError } from '../../src/errors.ts';
import { openSource } from '../../src/ingest/source.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'source-'));
});
afterAll(() => rm(folder, { recursive: true }));

const stdin = Readable.from([]);

async function read(name: string, bytes: Buffer | string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, bytes);
  const source = await openSource(path, stdin);
  const content = await text(source.stream);
  expect(source.size).toBe(Buffer.byteLength(bytes));
  expect(source.position()).toBe(source.size);
  return content;
}

describe.each([
  ['gz', gzipSync],
  ['zst', zstdCompressSync],
] as const)('a .%s file', (suffix, compress) => {
  const parts = Array.from({ length: 20 }, (_, index) => String(index).repeat(index % 2 ? 5 : 200_000));

  test('may be several compressed parts concatenated', async () => {
    const compressed = Buffer.concat(parts.map((part) => compress(Buffer.from(part))));
    expect(await read(`parts.${suffix}`, compressed)).toBe(parts.join(''));
  });

  test('that is truncated fails when it is read, and not before', async () => {
    const path = join(folder, `late.${suffix}`);
    await writeFile(path, compress(Buffer.from(parts.join(''))).subarray(0, 50));
    const { stream } = await openSource(path, stdin);
    for (let turn = 0; turn < 1000; turn++) {
      await new Promise(setImmediate);
    }
    await expect(text(stream)).rejects.toThrow(InvalidInputError);
  });

  test.each([
    ['truncated', compress(Buffer.from(parts.join(''))).subarray(0, -9)],
    ['not compressed', Buffer.from('timestamp,value\n')],
    ['followed by something else', Buffer.concat([compress(Buffer.from('x')), Buffer.from('else')])],
    ['empty', Buffer.alloc(0)],
  ])('that is %s is refused', async (_what, bytes) => {
    const refused = read(`bad.${suffix}`, bytes);
    await expect(refused).rejects.toThrow(InvalidInputError);
    await expect(refused).rejects.toThrow('is corrupt, truncated or not compressed');
  });
});

test('a file is read as it is, and - is standard input', async () => {
  expect(await read('plain.csv', 'timestamp,value\n')).toBe('timestamp,value\n');
  expect((await openSource('-', stdin)).stream).toBe(stdin);
});

test('what cannot be read is named', async () => {
  await expect(openSource(join(folder, 'missing.csv'), stdin)).rejects.toThrow(NotFoundError);
  await expect(openSource(folder, stdin)).rejects.toThrow(`${folder} is a directory.`);
});
