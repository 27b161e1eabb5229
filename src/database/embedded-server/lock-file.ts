import { lstatSync, readlinkSync, rmSync, symlinkSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { systemCode } from './failure.ts';
import { isAlive } from './processes.ts';

/** An older claim counts as given up: no work takes so long, its process number has been given away. */
const STALE_AFTER_MILLISECONDS = 60_000;
const POLL_MILLISECONDS = 20;

/** What this process has claimed: in containers every process may have had its number before. */
const ours = new Set<string>();

/**
 * Lets one process at a time do work that has to be done once; the others wait until it is done. It spares work and
 * nothing else: what is done under a claim must stay right if two do it.
 * @param path of the claim, a symbolic link that names the process: made and read in one step
 */
export async function doOnce(path: string, isDone: () => boolean, work: () => Promise<void>): Promise<void> {
  while (!isDone()) {
    if (take(path)) {
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
    if (isGivenUp(path)) {
      rmSync(path, { force: true });
    } else {
      await sleep(POLL_MILLISECONDS);
    }
  }
}

function take(path: string): boolean {
  try {
    symlinkSync(String(process.pid), path);
    ours.add(path);
    return true;
  } catch (error) {
    if (systemCode(error) === 'EEXIST') {
      return false;
    }
    throw error;
  }
}

function isGivenUp(path: string): boolean {
  try {
    const pid = Number(readlinkSync(path));
    const isHeld = pid === process.pid ? ours.has(path) : isAlive(pid);
    return !isHeld || Date.now() - lstatSync(path).mtimeMs > STALE_AFTER_MILLISECONDS;
  } catch {
    // It has just been given up.
    return false;
  }
}
