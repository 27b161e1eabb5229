import { lstatSync, readlinkSync, rmSync, symlinkSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { systemCode } from './directory-failure.ts';
import { isAlive } from './processes.ts';

/** A claim older than this is ignored: no work under one takes so long, its process id has been given away. */
const STALE_AFTER_MS = 60_000;
const POLL_MS = 20;

/**
 * Lets one process at a time do a piece of work that need be done only once; the others wait until it is done. This
 * saves work and nothing else: whatever is done under a claim must stay right if two do it.
 * @param path the claim: a symbolic link that names the process, which is made and read in one step
 * @param isDone whether the work has been done
 */
export async function doOnce(path: string, isDone: () => boolean, work: () => Promise<void>): Promise<void> {
  while (!isDone()) {
    if (take(path)) {
      try {
        if (!isDone()) {
          await work();
        }
      } finally {
        rmSync(path, { force: true });
      }
      return;
    }
    if (isAbandoned(path)) {
      rmSync(path, { force: true });
    } else {
      await sleep(POLL_MS);
    }
  }
}

function take(path: string): boolean {
  try {
    symlinkSync(String(process.pid), path);
    return true;
  } catch (error) {
    if (systemCode(error) === 'EEXIST') {
      return false;
    }
    throw error;
  }
}

function isAbandoned(path: string): boolean {
  try {
    return !isAlive(Number(readlinkSync(path))) || Date.now() - lstatSync(path).mtimeMs > STALE_AFTER_MS;
  } catch {
    // It has just been given up.
    return false;
  }
}
