import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';

/** An entry as it is to stand in a tar archive; what is left out is what a good archive would have. */
export interface TarPart {
  name: string | Buffer;
  content?: string | Buffer;
  type?: string;
  prefix?: string;
  /** What the header declares instead of the truth, as text. */
  size?: string;
  checksum?: string;
  magic?: string;
}

/** Returns a tar archive, good or bad, written from the format's specification alone. */
export function tarOf(parts: TarPart[], end = Buffer.alloc(10240)): Buffer {
  const blocks = parts.flatMap(({ name, content = '', type = '0', prefix = '', size, checksum, magic }) => {
    const data = Buffer.from(content);
    const header = Buffer.alloc(512);
    header.set(Buffer.from(name).subarray(0, 100));
    header.write('0000644\0', 100);
    header.write(size ?? `${data.length.toString(8).padStart(11, '0')}\0`, 124);
    header.write('14000000000\0        ', 136);
    header.write(type, 156);
    header.write(magic ?? 'ustar\u000000', 257, 'latin1');
    header.write(prefix, 345);
    const sum = header.reduce((all, byte) => all + byte, 0);
    header.write(checksum ?? `${sum.toString(8).padStart(6, '0')}\0 `, 148);
    return [header, data, Buffer.alloc((512 - (data.length % 512)) % 512)];
  });
  return Buffer.concat([...blocks, end]);
}

export const IMAGES = Buffer.alloc(5000, 'layers');

export function manifestOf(more: object = {}): string {
  return JSON.stringify({
    version: '2.2.0',
    images_sha256: createHash('sha256').update(IMAGES).digest('hex'),
    created_at: '2026-01-01T00:00:00Z',
    changelog: 'Fixes the valve driver',
    images: ['webmacs-backend:2.2.0'],
    ...more,
  });
}

/** The entries of a good bundle. */
export const GOOD: TarPart[] = [
  { name: 'manifest.json', content: manifestOf() },
  { name: 'images.tar', content: IMAGES },
  { name: 'docker-compose.prod.yml', content: 'services: {}\n' },
];

/** Returns a bundle: a good one with more entries before the others, or one of the given entries. */
export function aBundle({ before = [], parts = GOOD }: { before?: TarPart[]; parts?: TarPart[] } = {}): Buffer {
  return gzipSync(tarOf([...before, ...parts]));
}
