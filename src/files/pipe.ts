import { constants, openSync } from 'node:fs';
import { Socket } from 'node:net';
import type { Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { systemCode } from './file-error.ts';

const POLL_MILLISECONDS = 50;

/**
 * Waits until a named pipe has a reader, and returns a stream into it. Neither blocks a thread, on which the exit of the
 * process would wait.
 * @param signal stops waiting
 */
export async function openPipe(path: string, signal: AbortSignal | undefined): Promise<Writable> {
  for (;;) {
    const fd = tryOpen(path);
    if (fd !== undefined) {
      return new Socket({ fd, readable: false, writable: true });
    }
    await sleep(POLL_MILLISECONDS, undefined, signal ? { signal } : {});
  }
}

function tryOpen(path: string): number | undefined {
  try {
    return openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
  } catch (error) {
    if (systemCode(error) === 'ENXIO') {
      return undefined;
    }
    throw error;
  }
}
