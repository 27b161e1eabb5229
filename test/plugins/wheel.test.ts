import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { inspectWheel } from '../../src/plugins/wheel/wheel.ts';
import { type Case, changing, expectRefusal, INFO, MODULE, withFile, without } from './refusal.ts';
import { aWheel, type WheelParts } from './wheel.ts';
import { u64 } from './zip.ts';

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

/** A wheel with a file of one byte, whose sizes are in the ZIP64 field before its data. */
function inZip64(packed: bigint): WheelParts {
  const extra = Buffer.concat([Buffer.from([1, 0, 16, 0]), u64(1), u64(Number(packed))]);
  const local = { size: 0xffffffff, packed: 0xffffffff, extra };
  return { files: [{ name: 'demo_plugin/a.txt', content: 'x', local }] };
}

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
    'a name that is decomposed in the archive only',
    {
      files: [{ name: 'demo_plugin/größe.txt'.normalize('NFD'), content: 'ä' }],
      record: (lines) => lines.map((line) => line.normalize('NFC')),
    },
  ],
  ["ZIP64 sizes before the data, as Python's zipfile reserves them", inZip64(1n)],
  ['a .data directory', { files: [{ name: 'demo_plugin-1.0.data/scripts/run', content: 'x' }] }],
  ['a later minor version of METADATA', { metadata: 'Metadata-Version: 2.9\nName: demo-plugin\nVersion: 1.0\n' }],
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

test.each<Case>([
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
  [
    'an unknown version of METADATA',
    'metadata',
    `${INFO}/METADATA`,
    { metadata: 'Metadata-Version: 3.0\nName: demo-plugin\nVersion: 1.0\n' },
  ],
  [
    'an unknown scheme in .data',
    'data-directory',
    'demo_plugin-1.0.data/nonsense/x',
    withFile('demo_plugin-1.0.data/nonsense/x'),
  ],
  ['a file directly in .data', 'data-directory', 'demo_plugin-1.0.data/x', withFile('demo_plugin-1.0.data/x')],
  ['other ZIP64 sizes before the data', 'header', 'demo_plugin/a.txt', inZip64(2n)],
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
  await expectRefusal(rule, entry, parts);
});
