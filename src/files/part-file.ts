import type { Stats } from 'node:fs';
import { type FileHandle, link, open, rename, rm, stat, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { systemCode } from './file-error.ts';
import { partPath, removeAbandoned } from './part-name.ts';

/** Errors of file systems without hard links, such as FAT or some network shares. */
const NO_LINKS = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK']);

/** A file under a temporary name next to `target`, removed when disposed unless it has become the target. */
export interface PartFile extends AsyncDisposable {
  readonly handle: FileHandle;
  /** Makes it the target unless that exists; returns `false` if it does. */
  publish(): Promise<boolean>;
  /** Makes it the target, replacing an existing one. */
  replace(): Promise<void>;
}

/**
 * Creates a part file, and removes those that killed processes have left next to it.
 * @param replaced the file whose owner and permissions it gets; by default those of the user, and `mode` less the umask
 */
export async function partFile(target: string, replaced: Stats | undefined, mode = 0o666): Promise<PartFile> {
  removeAbandoned(dirname(target));
  const path = partPath(target);
  return await partFileAt(path, await open(path, 'wx', mode), target, replaced);
}

/**
 * Makes an open file a part file.
 * @param isKept whether it stays where it is when disposed
 */
export async function partFileAt(
  path: string,
  handle: FileHandle,
  target: string,
  replaced: Stats | undefined,
  isKept: () => boolean = () => false,
): Promise<PartFile> {
  const folder = dirname(target);
  let isTemporary = true;

  async function moveTo(): Promise<void> {
    await rename(path, target);
    isTemporary = false;
    await syncFolder(folder);
  }

  const part: PartFile = {
    handle,
    async publish() {
      try {
        // Unlike rename, link never overwrites.
        await link(path, target);
      } catch (error) {
        const code = systemCode(error) ?? '';
        if (code === 'EEXIST') {
          return false;
        }
        if (!NO_LINKS.has(code)) {
          throw error;
        }
        if (await stat(target).catch(() => undefined)) {
          return false;
        }
        await moveTo();
        return true;
      }
      await unlink(path);
      isTemporary = false;
      await syncFolder(folder);
      return true;
    },
    replace: moveTo,
    async [Symbol.asyncDispose]() {
      await handle.close();
      if (isTemporary && !isKept()) {
        await rm(path, { force: true });
      }
    },
  };
  try {
    if (replaced !== undefined) {
      await copyOwnerAndMode(handle, replaced);
    }
    return part;
  } catch (error) {
    await part[Symbol.asyncDispose]();
    throw error;
  }
}

async function copyOwnerAndMode(handle: FileHandle, replaced: Stats): Promise<void> {
  // Only root may give a file away; before chmod, because it clears the set-id bits.
  if (process.getuid?.() === 0) {
    await handle.chown(replaced.uid, replaced.gid);
  }
  await handle.chmod(replaced.mode & 0o7777);
}

/** Makes a new name survive a power failure, where the file system supports that. */
export async function syncFolder(folder: string): Promise<void> {
  try {
    await using handle = await open(folder, 'r');
    await handle.sync();
  } catch {}
}
