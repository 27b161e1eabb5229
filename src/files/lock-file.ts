import { lstatSync, readlinkSync, rmSync, symlinkSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { systemCode } from './file-error.ts';
import { isAlive } from './process.ts';

/** An older lock is stale: no work takes that long, so another process has its PID. */
const STALE_AFTER_MILLISECONDS = 60_000;
const POLL_MILLISECONDS = 20;
/** Errors of file systems without symbolic links, and of Windows, where they need a privilege: there, nobody waits. */
const NO_LINKS = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS']);

/** The locks of this process: in containers an earlier process may have had the same PID. */
const ours = new Set<string>();

/**
 * Does work that is needed once in one process at a time; the others wait until it is done. This only saves effort: the work
 * must be safe even if two processes do it.
 * @param path of the lock, a symbolic link to the PID: created and read atomically
 */
export async function doOnce(path: string, isDone: () => boolean, work: () => Promise<void>): Promise<void> {
  while (!isDone()) {
    if (tryLock(path)) {
      try {
        if (!isDone()) {
          await work();
        }
      } finally {
        ours.delete(path);
        rmSync(path, { force: true });
      }
      return;
    }
    if (isStale(path)) {
      rmSync(path, { force: true });
    } else {
      await sleep(POLL_MILLISECONDS);
    }
  }
}

function tryLock(path: string): boolean {
  try {
    symlinkSync(String(process.pid), path);
    ours.add(path);
    return true;
  } catch (error) {
    const code = systemCode(error) ?? '';
    if (code === 'EEXIST' || NO_LINKS.has(code)) {
      return code !== 'EEXIST';
    }
    throw error;
  }
}

function isStale(path: string): boolean {
  try {
    const pid = Number(readlinkSync(path));
    const isHeld = pid === process.pid ? ours.has(path) : isAlive(pid);
    return !isHeld || Date.now() - lstatSync(path).mtimeMs > STALE_AFTER_MILLISECONDS;
  } catch {
    // It has just been released.
    return false;
  }
}
