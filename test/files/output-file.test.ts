import { execFileSync, spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, readlink, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { Writable } from 'node:stream';
import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ConflictError, InvalidInputError, NotFoundError } from '../../src/errors.ts';
import { withOutputFile } from '../../src/files/output-file.ts';
import { partPath } from '../../src/files/part-name.ts';

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'output-file-'));
  file = join(folder, 'data.csv');
});
afterEach(() => rm(folder, { recursive: true }));

const text = (content: string) => async (stream: Writable) => {
  stream.write(content);
  return content.length;
};
const isRoot = process.getuid?.() === 0;

test('the file appears when it is complete; until then there is a hidden one next to it', async () => {
  const result = await withOutputFile(file, {}, async (stream) => {
    stream.write('all of it');
    const names = await readdir(folder);
    expect(names).toHaveLength(1);
    expect(names[0]).toMatch(/^\.data\.csv\.part-[0-9a-f]{8}-\d+-[0-9a-f]{12}$/);
    return 9;
  });
  expect(result).toBe(9);
  expect(await readdir(folder)).toEqual(['data.csv']);
  expect(await readFile(file, 'utf8')).toBe('all of it');
});

test('permissions are those of any new file', async () => {
  const before = process.umask(0o027);
  try {
    await withOutputFile(file, {}, text('x'));
  } finally {
    process.umask(before);
  }
  expect((await stat(file)).mode & 0o777).toBe(0o640);
});

test('an existing file is not overwritten, and the message names it and --force', async () => {
  await writeFile(file, 'old');
  const attempt = withOutputFile(file, {}, text('new'));
  await expect(attempt).rejects.toThrow(ConflictError);
  await expect(attempt).rejects.toMatchObject({ message: `${file} already exists.`, hint: /--force/ });
  expect(await readFile(file, 'utf8')).toBe('old');
});

test('nor is one that another process creates in the meantime', async () => {
  const attempt = withOutputFile(file, {}, async (stream) => {
    stream.write('ours');
    await writeFile(file, 'theirs');
  });
  await expect(attempt).rejects.toThrow(ConflictError);
  expect(await readFile(file, 'utf8')).toBe('theirs');
  expect(await readdir(folder)).toEqual(['data.csv']);
});

test('with force it is replaced, and keeps its permissions', async () => {
  await writeFile(file, 'old', { mode: 0o604 });
  await withOutputFile(file, { force: true }, text('new'));
  expect(await readFile(file, 'utf8')).toBe('new');
  expect((await stat(file)).mode & 0o777).toBe(0o604);
});

test('a failure leaves nothing, and with force the old file', async () => {
  await writeFile(file, 'old');
  const fail = async (stream: Writable) => {
    stream.write('half');
    throw new Error('lost connection');
  };
  await expect(withOutputFile(file, { force: true }, fail)).rejects.toThrow('lost connection');
  await expect(withOutputFile(join(folder, 'other.csv.gz'), {}, fail)).rejects.toThrow('lost connection');
  expect(await readdir(folder)).toEqual(['data.csv']);
  expect(await readFile(file, 'utf8')).toBe('old');
});

test('a symbolic link stays one: its target is written', async () => {
  await mkdir(join(folder, 'disk'));
  await symlink('disk/real.csv', file);
  await withOutputFile(file, {}, text('first'));
  await withOutputFile(file, { force: true }, text('second'));
  expect(await readlink(file)).toBe('disk/real.csv');
  expect(await readFile(join(folder, 'disk/real.csv'), 'utf8')).toBe('second');
  expect(await readdir(join(folder, 'disk'))).toEqual(['real.csv']);
});

test('a file that is not regular is written to directly', async () => {
  expect(await withOutputFile('/dev/null', {}, text('gone'))).toBe(4);
  expect((await stat('/dev/null')).isCharacterDevice()).toBe(true);
});

test.each([
  ['.gz', gunzipSync],
  ['.CSV.GZ', gunzipSync],
  ['.zst', zstdDecompressSync],
])('%s compresses', async (suffix, decompress) => {
  const content = 'timestamp,value\n'.repeat(100_000);
  await withOutputFile(file + suffix, {}, text(content));
  const bytes = await readFile(file + suffix);
  expect(bytes.length).toBeLessThan(content.length / 10);
  expect(decompress(bytes).toString()).toBe(content);
});

test.each([
  ['an empty name', '', /is empty/],
  ['a directory that does not exist yet', 'newdir/', /newdir\/ is a directory/],
  ['a spreadsheet', 'run.xlsx', /suffix "\.xlsx" cannot be written/],
  ['a compressed Parquet file', 'run.parquet.gz', /suffix "\.parquet" cannot be written/],
  ['an unknown compression', 'run.csv.xz', /suffix "\.xz" cannot be written/],
])('%s is refused before anything is written', async (_name, path, message) => {
  const attempt = withOutputFile(path && `${folder}/${path}`, {}, text('x'));
  await expect(attempt).rejects.toThrow(InvalidInputError);
  await expect(attempt).rejects.toThrow(message);
  expect(await readdir(folder)).toEqual([]);
});

test('complete() gives the file its name before the end, and a failure after it takes that back', async () => {
  const committed = async (stream: Writable, complete: () => Promise<void>) => {
    stream.write('new');
    await complete();
    expect(await readFile(file, 'utf8')).toBe('new');
    throw new Error('not committed');
  };
  await expect(withOutputFile(file, {}, committed)).rejects.toThrow('not committed');
  expect(await readdir(folder)).toEqual([]);
  await writeFile(file, 'old');
  await expect(withOutputFile(file, { force: true }, committed)).rejects.toThrow('not committed');
  expect(await readdir(folder)).toEqual(['data.csv']);
  expect(await readFile(file, 'utf8')).toBe('old');
});

test('what killed processes have left is removed, and nothing else', async () => {
  const own = partPath(file);
  const [, host = ''] = /part-(\w+)-/.exec(own) ?? [];
  const dead = own.replace(`-${process.pid}-`, `-${spawnSync('true').pid}-`);
  const others = [own, dead.replace(host, '00000000'), dead.replace('.part-', '.partial-'), `${dead}.csv`];
  await Promise.all([dead, ...others].map((path) => writeFile(path, '')));
  await withOutputFile(file, {}, text('x'));
  expect((await readdir(folder)).sort()).toEqual([...others, file].map((path) => basename(path)).sort());
});

test('a named pipe is opened when it has a reader, and an interruption ends the wait', async () => {
  const pipe = join(folder, 'pipe');
  execFileSync('mkfifo', [pipe]);
  const interruption = new AbortController();
  const waiting = withOutputFile(pipe, { signal: interruption.signal }, text('x'));
  interruption.abort();
  await expect(waiting).rejects.toThrow(/aborted/);
  const content = 'timestamp,value\n'.repeat(100_000);
  const [, read] = await Promise.all([withOutputFile(pipe, {}, text(content)), readFile(pipe, 'utf8')]);
  expect(read === content).toBe(true);
});

test.each([
  ['a missing directory', 'none/data.csv', NotFoundError, /The directory .*none does not exist/],
  ['a directory', '.', InvalidInputError, /is a directory/],
  ['a file as directory', 'plain/data.csv', InvalidInputError, /is not a directory/],
  ['a name that is too long', 'x'.repeat(300), InvalidInputError, /too long/],
  ['a link to itself', 'loop', InvalidInputError, /points to itself/],
])('%s is refused with a message', async (_name, path, kind, message) => {
  await writeFile(join(folder, 'plain'), '');
  await symlink('loop', join(folder, 'loop'));
  const attempt = withOutputFile(join(folder, path), {}, text('x'));
  await expect(attempt).rejects.toThrow(kind);
  await expect(attempt).rejects.toThrow(message);
});

test.skipIf(isRoot)('a directory without permission is refused with a message', async () => {
  const closed = join(folder, 'closed');
  await mkdir(closed, { mode: 0o500 });
  await expect(withOutputFile(join(closed, 'data.csv'), {}, text('x'))).rejects.toThrow(/No permission to write/);
});

test('a name of the maximum length works', async () => {
  const long = join(folder, `${'ä'.repeat(125)}.csv`);
  await withOutputFile(long, {}, text('x'));
  expect(await readFile(long, 'utf8')).toBe('x');
});
