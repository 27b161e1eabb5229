import { createReadStream, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { decompressionFor } from '../../src/files/decompress.ts';

/** The entries of a backup that is a file, read as tar does: their content by name. */
export async function entriesOf(path: string): Promise<Map<string, string>> {
  const file = createReadStream(path);
  const tar = await buffer(decompressionFor(path)?.(file) ?? file);
  const entries = new Map<string, string>();
  for (let at = 0; at < tar.length && tar[at] !== 0; ) {
    const name = tar.toString('latin1', at, tar.indexOf(0, at));
    const bytes = Number.parseInt(tar.toString('latin1', at + 124, at + 135), 8);
    entries.set(name, tar.toString('utf8', at + 512, at + 512 + bytes));
    at += 512 * (1 + Math.ceil(bytes / 512));
  }
  return entries;
}

/** Changes the manifest of a backup that is a folder. */
export function rewriteManifest(folder: string, change: (text: string) => string): void {
  const path = join(folder, 'manifest.json.zst');
  writeFileSync(path, zstdCompressSync(change(zstdDecompressSync(readFileSync(path)).toString())));
}

/** The permissions of all that is in a folder, including itself. */
export function modesBelow(folder: string): string[] {
  const paths = [
    folder,
    ...readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name)),
  ];
  return [...new Set(paths.map((path) => (statSync(path).mode & 0o777).toString(8)))].sort();
}
