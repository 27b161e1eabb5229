import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { InvalidInputError, NotFoundError } from '../../src/errors.ts';
import { openSource } from '../../src/ingest/source.ts';
import { type ZipEntry, zipOf } from '../plugins/zip.ts';

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
  expect(source.position()).toBe(Buffer.byteLength(bytes));
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

describe('a .zip file', () => {
  const content = 'timestamp,value\n'.repeat(100_000);
  const csv = (entry: Partial<ZipEntry> = {}): ZipEntry => ({ name: 'run.csv', content, method: 8, ...entry });

  test.each([
    ['deflated', zipOf([csv()])],
    ['stored', zipOf([csv({ method: 0 })])],
    [
      'with a folder, and what macOS adds',
      zipOf([{ name: 'a/' }, csv({ name: 'a/b.csv' }), { name: '__MACOSX/a/._b.csv' }]),
    ],
    ['with ZIP64 records', zipOf([csv()], { zip64: true })],
    ['with sizes behind the data', zipOf([csv({ flags: 8, local: { size: 0, packed: 0, crc: 0 } })])],
    ['with a comment', zipOf([csv()], { comment: Buffer.from('daily') })],
  ])('is the file in it, %s', async (_what, bytes) => {
    const path = join(folder, 'one.ZIP');
    await writeFile(path, bytes);
    const source = await openSource(path, stdin);
    expect((await text(source.stream)) === content).toBe(true);
    expect([source.position() > 0, source.position() < bytes.length]).toEqual([true, true]);
  });

  const many = Array.from({ length: 30 }, (_, at) => csv({ name: `${at}.csv` }));
  test.each<[string, Buffer, string]>([
    ['of several files', zipOf([csv(), csv({ name: 'two.csv' })]), 'more than one file: "run.csv", "two.csv".'],
    ['of many files', zipOf(many), '"8.csv", "9.csv", ….'],
    ['of none', zipOf([{ name: 'a/' }]), 'contains no file'],
    ['of an empty file', zipOf([{ name: 'a.csv' }]), '"a.csv" is empty'],
    ['that is encrypted', zipOf([csv({ flags: 1 })]), '"run.csv" is encrypted'],
    ['of another compression', zipOf([csv({ method: 14, packed: Buffer.from('x') })]), 'compressed with method 14'],
    ['that is truncated', zipOf([csv()]).subarray(0, -50), 'is not a complete ZIP archive'],
    ['that is none', Buffer.from(content), 'is not a complete ZIP archive'],
    ['of damaged data', zipOf([csv({ packed: Buffer.from('damaged') })]), 'is corrupt, truncated or not compressed'],
    ['of another checksum', zipOf([csv({ declared: { crc: 1 } })]), 'is damaged'],
    ['that unpacks to more', zipOf([csv({ declared: { size: 10 } })]), 'is damaged'],
    ['that unpacks to less', zipOf([csv({ declared: { size: content.length + 1 } })]), 'is damaged'],
  ])('%s is refused', async (_what, bytes, message) => {
    const refused = read('bad.zip', bytes);
    await expect(refused).rejects.toThrow(InvalidInputError);
    await expect(refused).rejects.toThrow(message);
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
