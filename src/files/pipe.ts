import { closeSync, constants, openSync, readSync } from 'node:fs';
import { Socket } from 'node:net';
import type { Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { systemCode } from './file-error.ts';

const POLL_MILLISECONDS = 50;
const MAX_SECONDS = 2;

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

/**
 * Returns what another process writes to a pipe; undefined if none has written to it or has it open for writing within 2 s, where an
 * ordinary read would wait forever.
 */
export function readPipe(path: string): Buffer | undefined {
  const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const pieces: Buffer[] = [];
  const deadline = Date.now() + MAX_SECONDS * 1000;
  try {
    for (;;) {
      const piece = Buffer.alloc(64 * 1024);
      const length = readAvailable(file, piece);
      if (length) {
        pieces.push(piece.subarray(0, length));
      } else if (length === 0 && (pieces.length > 0 || Date.now() > deadline)) {
        return pieces.length > 0 ? Buffer.concat(pieces) : undefined;
      } else {
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, POLL_MILLISECONDS);
      }
    }
  } finally {
    closeSync(file);
  }
}

/** Returns the number of bytes, 0 without a writer, or undefined if there are none yet. */
function readAvailable(file: number, into: Buffer): number | undefined {
  try {
    return readSync(file, into);
  } catch (error) {
    if (systemCode(error) === 'EAGAIN') {
      return undefined;
    }
    throw error;
  }
}
