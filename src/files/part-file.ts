import { randomBytes } from 'node:crypto';
import type { Stats } from 'node:fs';
import { type FileHandle, link, open, rename, rm, stat, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** What a file name may have on common file systems, less the temporary name's own part. */
const MAX_NAME_BYTES = 255 - '..part-'.length - 12;
/** From a file system without hard links, such as FAT or some network shares. */
const NO_LINKS = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK']);

/** A file under a temporary name beside `target`, removed at the end unless it has become the target. */
export interface PartFile extends AsyncDisposable {
  readonly handle: FileHandle;
  /** Makes it the target if there is none; `false` if there is one. */
  publish(): Promise<boolean>;
  /** Makes it the target, in place of what is there. */
  replace(): Promise<void>;
}

/** `replaced` is the file whose permissions and owner the new one gets; else it is the user's, with `mode` less the umask. */
export async function partFile(target: string, replaced: Stats | undefined, mode = 0o666): Promise<PartFile> {
  const folder = dirname(target);
  const path = join(folder, `.${cut(basename(target))}.part-${randomBytes(6).toString('hex')}`);
  const handle = await open(path, 'wx', mode);
  let there = true;

  async function moveTo(): Promise<void> {
    await rename(path, target);
    there = false;
    await syncFolder(folder);
  }

  const part: PartFile = {
    handle,
    async publish() {
      try {
        // Unlike rename, link never overwrites.
        await link(path, target);
      } catch (error) {
        const code = error instanceof Error && 'code' in error ? String(error.code) : '';
        if (code === 'EEXIST') {
          return false;
        }
        if (!NO_LINKS.has(code)) {
          throw error;
        }
        if (await exists(target)) {
          return false;
        }
        await moveTo();
        return true;
      }
      await unlink(path);
      there = false;
      await syncFolder(folder);
      return true;
    },
    replace: moveTo,
    async [Symbol.asyncDispose]() {
      await handle.close();
      if (there) {
        await rm(path, { force: true });
      }
    },
  };
  try {
    if (replaced !== undefined) {
      await takeAfter(handle, replaced);
    }
    return part;
  } catch (error) {
    await part[Symbol.asyncDispose]();
    throw error;
  }
}

async function takeAfter(handle: FileHandle, replaced: Stats): Promise<void> {
  // Only root may give a file away; before chmod, because it clears the set-id bits.
  if (process.getuid?.() === 0) {
    await handle.chown(replaced.uid, replaced.gid);
  }
  await handle.chmod(replaced.mode & 0o7777);
}

/** So that the new name, too, survives a power failure; not every file system can. */
export async function syncFolder(folder: string): Promise<void> {
  try {
    await using handle = await open(folder, 'r');
    await handle.sync();
  } catch {}
}

async function exists(path: string): Promise<boolean> {
  return await stat(path).then(
    () => true,
    () => false,
  );
}

function cut(name: string): string {
  let result = name;
  while (Buffer.byteLength(result) > MAX_NAME_BYTES) {
    result = [...result].slice(0, -1).join('');
  }
  return result;
}
