import { isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import { pipeline, Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { checkVersion } from '../domain/firmware.ts';
import { foldedPath } from '../files/archive-path.ts';
import { type Fingerprint, fingerprint } from '../files/fingerprint.ts';
import { parseJsonObject } from '../text/json.ts';
import { BundleRefusal } from './refusal.ts';
import { type TarEntry, tarEntries } from './tar.ts';

/** The server's own limit. */
const MAX_PACKED_BYTES = 500 * 1024 * 1024;
const MAX_MANIFEST_BYTES = 64 * 1024;
const CHUNK_BYTES = 256 * 1024;

const MANIFEST = 'manifest.json';
const IMAGES = 'images.tar';

/** A file in a bundle, with its SHA-256 in lowercase hex. */
export type BundleEntry = TarEntry & { sha256: string };

/** An update bundle of the server, with a manifest and images that match it. */
export interface Bundle extends Fingerprint {
  version: string;
  changelog: string | null;
  createdAt: string | null;
  /** The names of the images, as the manifest lists them. */
  images: string[];
  entries: BundleEntry[];
  unpackedBytes: number;
}

/** Whether a file is a bundle by its name. */
export function isBundle(path: string): boolean {
  return /\.tar\.gz$/i.test(path);
}

/**
 * Reads a bundle once, piece by piece, without unpacking it to disk, and verifies its images.
 * @param signal stops reading
 * @throws NotFoundError, InvalidInputError; BundleRefusal naming the entry
 */
export async function readBundle(path: string, signal?: AbortSignal): Promise<Bundle> {
  const file = basename(path);
  const found = new Map<string, BundleEntry>();
  let manifest = Buffer.alloc(0);
  const identity = await fingerprint(path, MAX_PACKED_BYTES, signal, async (packed) => {
    for await (const { path, size, data } of tarEntries(unpack(packed, file), file)) {
      if (found.has(foldedPath(path))) {
        throw new BundleRefusal(file, 'it occurs twice', path);
      }
      if (path === MANIFEST && size > MAX_MANIFEST_BYTES) {
        throw new BundleRefusal(file, `it has more than ${MAX_MANIFEST_BYTES} bytes`, path);
      }
      const hash = createHash('sha256');
      for await (const piece of data) {
        hash.update(piece);
        manifest = path === MANIFEST ? Buffer.concat([manifest, piece]) : manifest;
      }
      found.set(foldedPath(path), { path, size, sha256: hash.digest('hex') });
    }
  });
  const entries = [...found.values()].filter((entry) => !entry.path.endsWith('/'));
  if (!entries.some((entry) => entry.path === MANIFEST)) {
    throw new BundleRefusal(file, `it has no ${MANIFEST}`);
  }
  const { imagesSha256, ...stated } = manifestOf(manifest, file);
  const images = entries.find((entry) => entry.path === IMAGES);
  if (images?.sha256 !== imagesSha256) {
    throw images
      ? new BundleRefusal(file, `its SHA-256 is ${images.sha256}, not ${imagesSha256} as in the manifest`, IMAGES)
      : new BundleRefusal(file, `it has no ${IMAGES}`);
  }
  const unpackedBytes = entries.reduce((sum, { size }) => sum + size, 0);
  return { ...identity, ...stated, entries, unpackedBytes };
}

async function* unpack(packed: AsyncIterable<Buffer>, file: string): AsyncGenerator<Buffer> {
  // A failure reaches the reader through the last stream, so the callback has nothing to do.
  const unpacked: Readable = pipeline(Readable.from(packed), createGunzip({ chunkSize: CHUNK_BYTES }), () => {});
  try {
    yield* unpacked;
  } catch (error) {
    const isDamaged = error instanceof Error && 'code' in error && /^Z_/.test(String(error.code));
    throw isDamaged ? new BundleRefusal(file, 'it is not gzip, or damaged', undefined, error) : error;
  }
}

function manifestOf(bytes: Buffer, file: string) {
  if (!isUtf8(bytes)) {
    throw new BundleRefusal(file, 'it is not UTF-8', MANIFEST);
  }
  const origin = `${file}, entry "${MANIFEST}"`;
  const { version, images_sha256, changelog, created_at, images } = parseJsonObject(
    bytes.toString('utf8'),
    origin,
    '{"version": "2.2.0", "images_sha256": "…"}',
  );
  if (typeof version !== 'string' || typeof images_sha256 !== 'string' || !/^[0-9a-f]{64}$/.test(images_sha256)) {
    throw new BundleRefusal(file, 'it has no "version", or no "images_sha256" of 64 lowercase hex digits', MANIFEST);
  }
  if (typeof changelog === 'string' && changelog.includes('\0')) {
    throw new BundleRefusal(
      file,
      'its "changelog" has a NUL character, which text in the database cannot have',
      MANIFEST,
    );
  }
  return {
    version: checkVersion(version),
    imagesSha256: images_sha256,
    changelog: typeof changelog === 'string' ? changelog : null,
    createdAt: typeof created_at === 'string' ? created_at : null,
    images: Array.isArray(images) ? images.filter((image) => typeof image === 'string') : [],
  };
}
