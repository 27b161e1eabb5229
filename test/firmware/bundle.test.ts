import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, expect, test } from 'vitest';
import { readBundle } from '../../src/firmware/bundle.ts';
import { BundleRefusal } from '../../src/firmware/refusal.ts';
import { temporaryDirectory } from '../support/program.ts';
import { until } from '../support/until.ts';
import { aBundle, GOOD, IMAGES, manifestOf, type TarPart, tarOf } from './bundle.ts';

const directory = temporaryDirectory();
afterAll(() => directory[Symbol.dispose]());
const at = (name: string) => join(directory.path, name);

async function reading(bytes: Buffer): Promise<unknown> {
  writeFileSync(at('bundle.tar.gz'), bytes);
  return await readBundle(at('bundle.tar.gz')).catch((error: unknown) => error);
}

const isOpen = (path: string) =>
  readdirSync('/proc/self/fd').some((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`) === path;
    } catch {
      return false;
    }
  });

test('a bundle has a version, a changelog, images and entries with their sums', async () => {
  const bytes = aBundle();
  expect(await reading(bytes)).toMatchObject({
    version: '2.2.0',
    changelog: 'Fixes the valve driver',
    createdAt: '2026-01-01T00:00:00Z',
    images: ['webmacs-backend:2.2.0'],
    bytes: bytes.length,
    sha256: createHash('sha256').update(bytes).digest('hex'),
    entries: [
      { path: 'manifest.json' },
      { path: 'images.tar', size: 5000, sha256: createHash('sha256').update(IMAGES).digest('hex') },
      { path: 'docker-compose.prod.yml', size: 13 },
    ],
  });
});

test.each([['--format=gnu'], ['--format=ustar'], ['--format=pax']])(
  'a bundle that tar makes with %s is read',
  async (format) => {
    mkdirSync(at('work'), { recursive: true });
    writeFileSync(at('work/images.tar'), IMAGES);
    writeFileSync(at('work/manifest.json'), manifestOf());
    execFileSync('tar', [format, '-czf', at('made.tar.gz'), '-C', at('work'), '.']);
    expect(await readBundle(at('made.tar.gz'))).toMatchObject({ version: '2.2.0' });
  },
);

const pax = (...records: string[]): TarPart => ({
  name: 'PaxHeaders/x',
  type: 'x',
  content: records.map((record) => `${String(record.length + 4).padStart(2, '0')} ${record}\n`).join(''),
});
const without = (name: string) => GOOD.filter((part) => part.name !== name);
const withManifest = (content: string) => [{ name: 'manifest.json', content }, ...without('manifest.json')];

test.each<[what: string, before: TarPart[], complaint: string]>([
  ['a symbolic link', [{ name: 'a', type: '2' }], 'entry "a": it is a symbolic link'],
  ['a hard link', [{ name: 'a', type: '1' }], 'entry "a": it is a hard link'],
  ['a device', [{ name: 'a', type: '3' }], 'entry "a": it is a device'],
  ['a pipe', [{ name: 'a', type: '6' }], 'entry "a": it is a pipe'],
  ['a sparse file', [{ name: 'a', type: 'S' }], 'entry "a": it is a sparse file'],
  ['a sparse file of pax', [pax('GNU.sparse.major=1')], 'it has the attribute "GNU.sparse.major"'],
  ['a long name', [{ name: '././@LongLink', type: 'L', content: 'x' }], 'its name is too long'],
  ['another name of pax', [pax('mtime=1.5', 'path=/etc/passwd')], 'it has the attribute "path"'],
  ['damaged attributes', [{ name: 'x', type: 'x', content: '99 a=b\n' }], 'its attributes are damaged'],
  [
    'long attributes',
    [{ name: 'x', type: 'g', content: 'x'.repeat(65537) }],
    'its attributes have more than 65536 bytes',
  ],
  ['an unknown type', [{ name: 'a', type: 'V' }], 'entry "a": its type "V" is not known'],
  ['an absolute name', [{ name: '/etc/passwd' }], 'entry "/etc/passwd": its path is absolute'],
  ['a name outside', [{ name: 'a/../../b' }], 'its path points outside the archive'],
  ['a name outside by its prefix', [{ name: 'b', prefix: '..' }], 'entry "../b": its path points outside'],
  ['a name with a control character', [{ name: 'a\u001b[2J' }], 'its path contains control characters'],
  ['a name that is not UTF-8', [{ name: Buffer.from([0xff]) }], 'it has a name that is not UTF-8'],
  ['a name twice', [{ name: 'Images.tar' }], 'entry "images.tar": it occurs twice'],
  ['a directory with data', [{ name: 'a/', type: '5', content: 'x' }], 'disagree on whether it is a directory'],
  ['a file with the name of a directory', [{ name: 'a/' }], 'disagree on whether it is a directory'],
  ['many entries', Array.from({ length: 98 }, (_, n) => ({ name: `f${n}` })), 'it has more than 100 entries'],
  ['a size in binary', [{ name: 'a', size: '\x80\0\0\0\0\0\0\0\0\0\0\x01' }], 'its size is not an octal number'],
  ['a size that is no number', [{ name: 'a', size: '0000000009x\0' }], 'entry "a": its size is not an octal number'],
  ['a wrong checksum', [{ name: 'a', checksum: '000001\0 ' }], 'it is not a tar archive, or damaged'],
  ['another magic', [{ name: 'a', magic: 'nothing!' }], 'it is not a tar archive, or damaged'],
])('a bundle with %s is refused by name, and closed', async (_what, before, complaint) => {
  const refusal = await reading(aBundle({ before }));
  expect(refusal).toBeInstanceOf(BundleRefusal);
  expect(String(refusal)).toContain(complaint);
  await until(() => !isOpen(at('bundle.tar.gz')));
});

test.each<[what: string, bytes: Buffer, complaint: string]>([
  ['what is not gzip', Buffer.from('not gzip'), 'it is not gzip, or damaged'],
  ['a damaged one', Buffer.concat([aBundle().subarray(0, 100), Buffer.alloc(50, 1)]), 'or damaged'],
  ['a truncated one', aBundle().subarray(0, -20), 'it is not gzip, or damaged'],
  ['gzip of something else', gzipSync('x'.repeat(1000)), 'it is not a tar archive'],
  ['an empty file', Buffer.alloc(0), 'it is'],
  ['an archive without its end', gzipSync(tarOf(GOOD, Buffer.alloc(0))), 'it is incomplete'],
  ['an archive that ends in an entry', gzipSync(tarOf(GOOD).subarray(0, 2000)), 'it is incomplete'],
  ['data after the end', gzipSync(Buffer.concat([tarOf(GOOD), tarOf(GOOD)])), 'there is data after its end'],
  ['a bomb', aBundle({ parts: [{ name: 'images.tar', size: '77777777777\0' }] }), 'declares more than 4 GiB'],
  ['a bomb of zeros after the end', gzipSync(tarOf(GOOD, Buffer.alloc(2 ** 21))), 'there is data after its end'],
  ['no manifest', aBundle({ parts: without('manifest.json') }), 'it has no manifest.json'],
  ['no images', aBundle({ parts: without('images.tar') }), 'it has no images.tar'],
  ['a manifest that is not JSON', aBundle({ parts: withManifest('version: 1') }), 'is not valid JSON'],
  ['a manifest with a byte order mark', aBundle({ parts: withManifest(`\ufeff${manifestOf()}`) }), 'is not valid JSON'],
  ['a manifest without sums', aBundle({ parts: withManifest('{"version":"2.2.0"}') }), 'no "images_sha256"'],
  [
    'an invalid version',
    aBundle({ parts: withManifest(manifestOf({ version: '../2' })) }),
    '"../2" is not a valid version',
  ],
  ['other images', aBundle({ parts: withManifest(manifestOf({ images_sha256: 'a'.repeat(64) })) }), 'not aaaa'],
  [
    'a changelog with a NUL character',
    aBundle({ parts: withManifest(manifestOf({ changelog: 'a\0b' })) }),
    'its "changelog" has a NUL',
  ],
  ['a long manifest', aBundle({ parts: withManifest(' '.repeat(65537)) }), 'it has more than 65536 bytes'],
])('%s is refused', async (_what, bytes, complaint) => {
  expect(String(await reading(bytes))).toContain(complaint);
  await until(() => !isOpen(at('bundle.tar.gz')));
});
