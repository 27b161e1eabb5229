import { expect, test } from 'vitest';
import { MAX_PACKED_BYTES } from '../../src/plugins/wheel/refusal.ts';
import { inspectWheel } from '../../src/plugins/wheel/wheel.ts';
import { type Case, changing, expectRefusal, INFO, MODULE, refusalOf, withFile } from './refusal.ts';
import { aWheel } from './wheel.ts';

test.each<Case>([
  // The archive.
  ['bytes behind the end', 'archive', undefined, { zip: { trailing: Buffer.from('x') } }],
  [
    'bytes before the beginning',
    'archive',
    MODULE,
    { entries: changing(MODULE, () => ({ gap: Buffer.from('#!/bin/sh\n') })) },
  ],
  [
    'bytes between two entries',
    'archive',
    `${INFO}/WHEEL`,
    { entries: changing(`${INFO}/WHEEL`, () => ({ gap: Buffer.from('x') })) },
  ],
  ['bytes before the directory', 'archive', undefined, { zip: { beforeDirectory: Buffer.from('x') } }],
  ['a directory elsewhere', 'archive', undefined, { zip: { end: { start: 0 } } }],
  ['more entries than it says', 'archive', undefined, { zip: { end: { entries: 2 } } }],
  ['fewer entries than it says', 'archive', undefined, { zip: { end: { entries: 9 } } }],
  [
    'too many entries',
    'entries',
    undefined,
    {
      entries: () => Array.from({ length: 10_001 }, (_, at) => ({ name: `f${at}` })),
    },
  ],
  ['a ZIP64 directory', 'zip64', undefined, { zip: { zip64: true } }],
  ['ZIP64 sizes', 'zip64', 'a', withFile('a', { extra: Buffer.from([1, 0, 0, 0]) })],
  ['a data descriptor', 'data-descriptor', 'a', withFile('a', { flags: 8 })],
  [
    'an encrypted entry',
    'encryption',
    'a',
    withFile('a', { flags: 1, content: 'x'.repeat(12), declared: { size: 0 } }),
  ],
  ['an entry of strong encryption', 'archive', undefined, withFile('a', { flags: 0x40 })],
  ['an unknown compression', 'compression', 'a', withFile('a', { method: 12 })],
  ['another name before the data', 'header', 'a', withFile('a', { local: { name: 'b' } })],
  ['another size before the data', 'header', 'a', withFile('a', { local: { size: 5 } })],
  ['another checksum before the data', 'header', 'a', withFile('a', { local: { crc: 5 } })],
  ['another compression before the data', 'header', 'a', withFile('a', { local: { method: 8 } })],
  [
    'a wrong checksum',
    'checksum',
    `${INFO}/RECORD`,
    { entries: changing(`${INFO}/RECORD`, () => ({ declared: { crc: 1 } })) },
  ],
  [
    'data that cannot be inflated',
    'archive',
    MODULE,
    { entries: changing(MODULE, () => ({ packed: Buffer.from([0xff, 0xff, 0xff]) })) },
  ],
  // Bombs.
  ['a declared bomb', 'unpacked', 'bomb', withFile('bomb', { declared: { size: 600e6 }, method: 8 })],
  [
    'a bomb in pieces',
    'unpacked',
    'b',
    {
      entries: (entries) => [...entries, ...['a', 'b'].map((name) => ({ name, method: 8, declared: { size: 300e6 } }))],
    },
  ],
  [
    'a bomb that lies about its size',
    'unpacked',
    MODULE,
    {
      entries: changing(MODULE, () => ({ content: Buffer.alloc(20e6), method: 8, declared: { size: 100 } })),
    },
  ],
  [
    'an entry shorter than it says',
    'unpacked',
    MODULE,
    { entries: changing(MODULE, () => ({ declared: { size: 1e6 } })) },
  ],
  ['a METADATA that is too large', 'unpacked', `${INFO}/METADATA`, { metadata: `Name: x\n\n${'x'.repeat(5e6)}` }],
  // Paths.
  ['an absolute path', 'path', '/etc/passwd', withFile('/etc/passwd')],
  ['a path to a parent', 'path', 'a/../../b', withFile('a/../../b')],
  ['a drive', 'path', 'C:/b', withFile('C:/b')],
  ['a backslash', 'path', 'a\\b', withFile('a\\b')],
  ['an empty name', 'path', '', withFile('')],
  ['an empty name within', 'path', 'a//b', withFile('a//b')],
  ['a dot', 'path', './a', withFile('./a')],
  ['a control character', 'path', 'a\u0000b', withFile('a\u0000b')],
  ['a name that is not UTF-8', 'path', '\u00ff', withFile(Buffer.from([0xff]), { flags: 0x800 })],
  ['a name of unknown encoding', 'path', '\u00ff', withFile(Buffer.from([0xff]), { flags: 0x10 })],
  ['a name in UTF-8 that is not marked so', 'path', '\u00c3\u00a4', withFile(Buffer.from('ä'), { flags: 0x10 })],
  ['a second name', 'path', 'a', withFile('a', { extra: Buffer.from([0x75, 0x70, 0, 0]) })],
  ['a symbolic link', 'file-type', 'a', withFile('a', { content: '/etc', mode: 0o120777 })],
  ['a device', 'file-type', 'a', withFile('a', { mode: 0o020666 })],
  ['a directory with data', 'file-type', 'a/', withFile('a/', { content: 'x' })],
  ['a file that is called a directory', 'file-type', 'a', withFile('a', { mode: 0o40755 })],
  ['the same path twice', 'duplicate', MODULE, withFile(MODULE)],
  ['paths that differ in case', 'duplicate', MODULE, withFile('Demo_Plugin/__INIT__.py')],
  [
    'paths that differ in Unicode form',
    'duplicate',
    'a\u0308',
    {
      entries: (entries) => [{ name: 'ä' }, { name: 'a\u0308' }, ...entries],
    },
  ],
  ['a file below a file', 'duplicate', 'a/b', { entries: (entries) => [...entries, { name: 'a' }, { name: 'a/b' }] }],
])('a wheel with %s is refused, naming file, entry and rule', async (_what, rule, entry, parts) => {
  await expectRefusal(rule, entry, parts);
});

test('two entries that share their data are refused', async () => {
  const twin = { name: 'a', content: 'x'.repeat(100) };
  const { file, bytes } = aWheel({ entries: (entries) => [twin, { ...twin, name: 'b' }, ...entries] });
  const second = bytes.indexOf('PK\u0001\u0002', bytes.indexOf('PK\u0001\u0002') + 4);
  bytes.writeUInt32LE(0, second + 42);
  await expect(inspectWheel(bytes, file)).rejects.toMatchObject({ rule: 'archive', entry: 'b' });
});

test.each([0, 1, 21, 22, 100, 700, 1200])('a wheel cut off after %i bytes is refused', async (length) => {
  expect((await refusalOf({}, (bytes) => bytes.subarray(0, length))).rule).toBe('archive');
});

test('a wheel of more than 50 MiB is refused before it is read', async () => {
  expect((await refusalOf({}, () => Buffer.alloc(MAX_PACKED_BYTES + 1))).rule).toBe('size');
});
