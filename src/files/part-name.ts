import { createHash, randomBytes } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { truncateBytes } from '../text/truncate.ts';
import { isAlive } from './process.ts';

const PART = /\.part-([0-9a-f]{8})-(\d{1,10})-[0-9a-f]{12}$/;
/** The limit of common file systems, less what the temporary name adds. */
const MAX_NAME_BYTES = 255 - '..part--'.length - 8 - 10 - '-'.length - 12;

let tag: string | undefined;

/** Returns a new temporary name next to `target`, with the host and the process that it belongs to. */
export function partPath(target: string): string {
  const name = truncateBytes(basename(target), MAX_NAME_BYTES);
  return join(dirname(target), `.${name}.part-${hostTag()}-${process.pid}-${randomBytes(6).toString('hex')}`);
}

/** Removes the temporary files and folders in a folder that processes of this user on this host have left when they were killed. */
export function removeAbandoned(folder: string): void {
  try {
    for (const name of readdirSync(folder)) {
      const [, host, pid] = PART.exec(name) ?? [];
      if (host === hostTag() && !isAlive(Number(pid)) && isOwn(join(folder, name))) {
        rmSync(join(folder, name), { force: true, recursive: true });
      }
    }
  } catch {
    // An unreadable folder, say: the file that is about to be written there does not depend on it.
  }
}

/** Root gives its files to the owner of the folder. */
function isOwn(path: string): boolean {
  const uid = process.getuid?.() ?? 0;
  const stats = lstatSync(path, { throwIfNoEntry: false });
  return stats !== undefined && (stats.isFile() || stats.isDirectory()) && (uid === 0 || stats.uid === uid);
}

/** Identifies the host and, on Linux, the container, outside of which a PID means another process. */
function hostTag(): string {
  tag ??= createHash('sha256')
    .update([hostname(), textOf('/etc/machine-id'), linkOf('/proc/self/ns/pid')].join('\n'))
    .digest('hex')
    .slice(0, 8);
  return tag;
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}
