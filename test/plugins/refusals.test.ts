import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { MAX_PACKED_BYTES, type Rule, WheelRefusal } from '../../src/plugins/wheel/refusal.ts';
import { inspectWheel } from '../../src/plugins/wheel/wheel.ts';
import { aWheel, type WheelParts } from './wheel.ts';
import type { ZipEntry } from './zip.ts';

const INFO = 'demo_plugin-1.0.dist-info';
const MODULE = 'demo_plugin/__init__.py';

/** The good wheel with one of its entries changed. */
const changing =
  (name: string, change: (entry: ZipEntry) => Partial<ZipEntry>): WheelParts['entries'] =>
  (entries) =>
    entries.map((entry) => (entry.name === name ? { ...entry, ...change(entry) } : entry));
const without =
  (name: string): WheelParts['entries'] =>
  (entries) =>
    entries.filter((entry) => entry.name !== name);
const withFile = (name: string | Buffer, more: Partial<ZipEntry> = {}): WheelParts => ({
  entries: (entries) => [{ name, ...more }, ...entries],
});

async function refusalOf(parts: WheelParts, cut: (bytes: Buffer) => Buffer = (bytes) => bytes): Promise<WheelRefusal> {
  const { file, bytes } = aWheel(parts);
  const outcome = await inspectWheel(cut(bytes), file).catch((error: unknown) => error);
  expect(outcome).toBeInstanceOf(WheelRefusal);
  return outcome as WheelRefusal;
}

test('a good wheel is accepted, and known by its METADATA', async () => {
  const { file, bytes } = aWheel({ name: 'Demo.Plugin', plugins: ['one', 'two'] });
  expect(await inspectWheel(bytes, file)).toMatchObject({
    name: 'Demo.Plugin',
    version: '1.0',
    tags: ['py3-none-any'],
    pluginIds: ['one', 'two'],
    sizeBytes: bytes.length,
    sha256: createHash('sha256').update(bytes).digest('hex'),
  });
});

test.each<[what: string, parts: WheelParts]>([
  [
    'directories, a comment and a build number',
    {
      files: [{ name: 'demo_plugin/', mode: 0o40755 }],
      fileName: 'demo_plugin-1.0-7-py3-none-any.whl',
      zip: { comment: Buffer.from('made by hand') },
    },
  ],
  [
    'another spelling of name and version',
    {
      fileName: 'Demo.Plugin-1.0.0-py3-none-any.whl',
      distInfo: 'demo_plugin-1.0.dist-info',
    },
  ],
  [
    'a compressed set of tags',
    {
      tag: 'py2.py3-none-any',
      wheel: 'Wheel-Version: 1.0\nTag: py2-none-any\nTag: py3-none-any\n',
    },
  ],
  [
    'a longer hash, signatures, a quoted path and CRLF in RECORD',
    {
      files: [{ name: 'demo_plugin/a,b.txt', content: 'x' }],
      record: (lines) => [
        ...lines.filter((line) => !line.startsWith('demo_plugin/a,b')),
        `"demo_plugin/a,b.txt",sha512=${createHash('sha512').update('x').digest('base64url')},1\r`,
      ],
      entries: (entries) => [...entries, { name: `${INFO}/RECORD.jws`, content: 'signature' }],
    },
  ],
  ['a name in UTF-8', { files: [{ name: 'demo_plugin/größe.txt', content: 'ä' }] }],
  [
    'a module as a plugin, with extras and comments',
    {
      plugins: '# ours\n[console_scripts]\nx = y:z\n[webmacs.plugins]\ndemo=demo_plugin [extra]\n',
    },
  ],
])('a good wheel may have %s', async (_what, parts) => {
  const { file, bytes } = aWheel(parts);
  expect((await inspectWheel(bytes, file)).name).toBe('demo-plugin');
});

test.each<[what: string, rule: Rule, entry: string | undefined, parts: WheelParts]>([
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
    { entries: changing(MODULE, () => ({ local: {}, method: 0, ...garbage() })) },
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
    'archive',
    MODULE,
    {
      entries: changing(MODULE, () => ({ content: Buffer.alloc(20e6), method: 8, declared: { size: 100 } })),
    },
  ],
  [
    'an entry shorter than it says',
    'archive',
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
  // Name, version, tags.
  ['a file name of too few parts', 'file-name', undefined, { fileName: 'demo_plugin-1.0.whl' }],
  ['another ending', 'file-name', undefined, { fileName: 'demo_plugin-1.0-py3-none-any.zip' }],
  ['no version in the file name', 'version', undefined, { fileName: 'demo_plugin-one-py3-none-any.whl' }],
  ['bad tags in the file name', 'tags', undefined, { fileName: 'demo_plugin-1.0-py3..py2-none-any.whl' }],
  ['a bad name in the file name', 'name', undefined, { fileName: '.demo-1.0-py3-none-any.whl' }],
  ['another name in METADATA', 'name', `${INFO}/METADATA`, { metadata: 'Name: other\nVersion: 1.0\n' }],
  ['a name with blanks', 'name', `${INFO}/METADATA`, { metadata: 'Name: demo plugin\nVersion: 1.0\n' }],
  ['another version in METADATA', 'version', `${INFO}/METADATA`, { metadata: 'Name: demo-plugin\nVersion: 1.1\n' }],
  ['a version that is none', 'version', `${INFO}/METADATA`, { metadata: 'Name: demo-plugin\nVersion: latest\n' }],
  ['two names', 'metadata', `${INFO}/METADATA`, { metadata: 'Name: demo-plugin\nName: demo-plugin\nVersion: 1.0\n' }],
  ['no version in METADATA', 'metadata', `${INFO}/METADATA`, { metadata: 'Name: demo-plugin\n\nVersion: 1.0\n' }],
  [
    'a METADATA that is not UTF-8',
    'metadata',
    `${INFO}/METADATA`,
    {
      entries: changing(`${INFO}/METADATA`, () => ({ content: Buffer.from([0xff, 0xfe]) })),
    },
  ],
  ['no METADATA', 'metadata', `${INFO}/METADATA`, { entries: without(`${INFO}/METADATA`) }],
  ['no .dist-info', 'dist-info', undefined, { entries: (entries) => entries.slice(0, 1) }],
  ['two .dist-info', 'dist-info', undefined, withFile('other-1.0.dist-info/METADATA')],
  ['a .dist-info of another name', 'dist-info', 'other-1.0.dist-info/', { distInfo: 'other-1.0.dist-info' }],
  ['a .dist-info of another version', 'dist-info', 'demo_plugin-2.dist-info/', { distInfo: 'demo_plugin-2.dist-info' }],
  ['no WHEEL', 'tags', `${INFO}/WHEEL`, { entries: without(`${INFO}/WHEEL`) }],
  ['a WHEEL of version 2', 'tags', `${INFO}/WHEEL`, { wheel: 'Wheel-Version: 2.0\nTag: py3-none-any\n' }],
  ['a WHEEL with other tags', 'tags', `${INFO}/WHEEL`, { wheel: 'Wheel-Version: 1.0\nTag: cp311-cp311-any\n' }],
  [
    'a WHEEL with fewer tags',
    'tags',
    `${INFO}/WHEEL`,
    {
      tag: 'py2.py3-none-any',
      wheel: 'Wheel-Version: 1.0\nTag: py3-none-any\n',
    },
  ],
  // RECORD.
  ['no RECORD', 'record', `${INFO}/RECORD`, { entries: without(`${INFO}/RECORD`) }],
  ['a file that RECORD lacks', 'record', 'more.py', { entries: (entries) => [...entries, { name: 'more.py' }] }],
  [
    'a file that RECORD has no hash of',
    'record',
    MODULE,
    {
      record: (lines) => lines.map((line) => (line.startsWith(MODULE) ? `${MODULE},,` : line)),
    },
  ],
  ['a file that only RECORD has', 'record', `${INFO}/RECORD`, { record: (lines) => ['gone.py,sha256=x,1', ...lines] }],
  ['a file twice in RECORD', 'record', `${INFO}/RECORD`, { record: (lines) => [...lines, ...lines.slice(0, 1)] }],
  [
    'a changed file',
    'record',
    MODULE,
    { entries: changing(MODULE, ({ content = '' }) => ({ content: `${content}`.replace('pass', 'bad!') })) },
  ],
  [
    'a hash with padding',
    'record',
    `${INFO}/RECORD`,
    {
      record: (lines) => lines.map((line) => line.replace(/,(\d+)$/, '=,$1')),
    },
  ],
  [
    'a weak hash',
    'record',
    `${INFO}/RECORD`,
    { record: (lines) => lines.map((line) => line.replace('sha256', 'md5')) },
  ],
  ['a wrong size', 'record', MODULE, { record: (lines) => lines.map((line) => line.replace(/,\d+$/, ',9')) }],
  ['a line of two fields', 'record', `${INFO}/RECORD`, { record: (lines) => [...lines, 'a,b'] }],
  // Plugins.
  ['no entry points', 'entry-points', `${INFO}/entry_points.txt`, { entries: without(`${INFO}/entry_points.txt`) }],
  ['no group of plugins', 'entry-points', `${INFO}/entry_points.txt`, { plugins: '[console_scripts]\na = b:c\n' }],
  ['an empty group', 'entry-points', `${INFO}/entry_points.txt`, { plugins: '[webmacs.plugins]\n' }],
  ['a plugin without an object', 'entry-points', `${INFO}/entry_points.txt`, { plugins: '[webmacs.plugins]\na =\n' }],
  [
    'a plugin that is no object',
    'entry-points',
    `${INFO}/entry_points.txt`,
    { plugins: '[webmacs.plugins]\na = b c\n' },
  ],
  ['a plugin with a bad id', 'entry-points', `${INFO}/entry_points.txt`, { plugins: '[webmacs.plugins]\na b = c:d\n' }],
  ['a plugin twice', 'entry-points', `${INFO}/entry_points.txt`, { plugins: '[webmacs.plugins]\na = b:c\na = b:d\n' }],
  ['a line that is none', 'entry-points', `${INFO}/entry_points.txt`, { plugins: '[webmacs.plugins]\nabc\n' }],
])('a wheel with %s is refused, naming file, entry and rule', async (_what, rule, entry, parts) => {
  const refusal = await refusalOf(parts);
  expect([refusal.rule, refusal.entry]).toEqual([rule, entry]);
  expect(refusal.message).toContain(refusal.file);
  expect(refusal.message).toContain(entry ?? '');
  expect(refusal.hint).toMatch(/^The rule: /);
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

function garbage(): Partial<ZipEntry> {
  return { content: Buffer.from('not deflated'), method: 8, declared: { size: 100 } };
}
