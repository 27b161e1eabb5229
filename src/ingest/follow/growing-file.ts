import { type FileHandle, stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { NotFoundError } from '../../errors.ts';
import { systemCode } from '../../files/file-error.ts';
import { openInput } from '../../files/input.ts';

const POLL_MILLISECONDS = 200;
const PIECE_BYTES = 4 * 1024 * 1024;
/** What was read last, to see whether a file was written anew. */
const TAIL_BYTES = 256;
/** A program may write to a renamed file for a moment: it is left once nothing has come for so many polls. */
const QUIET_POLLS = 5;

/** What has become of a file since. */
export type Growth =
  | { kind: 'bytes'; bytes: Buffer }
  /** All that is there has been read. */
  | { kind: 'pause' }
  /** It does not exist yet. */
  | { kind: 'missing' }
  /** It was replaced by another, or written anew; further bytes are those of a new file. */
  | { kind: 'replaced' }
  | { kind: 'rewritten' };

/**
 * Reads a file, and what is appended to it, for ever. If it is renamed, and there is another one at its path, the rest of it is
 * read before that one.
 * @throws InvalidInputError for what is not a regular file; the reason of the signal
 */
export async function* readGrowing(path: string, signal: AbortSignal): AsyncGenerator<Growth, never> {
  /** The file that is read, and those that have come to its path since. */
  const files: GrowingFile[] = [];
  try {
    for (let quiet = 0; ; ) {
      signal.throwIfAborted();
      await addReplacement(files, path);
      const [file, next] = files;
      const growth: Growth = file ? await file.next() : { kind: 'missing' };
      quiet = growth.kind === 'pause' ? quiet + 1 : 0;
      if (file && next && quiet >= QUIET_POLLS) {
        files.shift();
        await file.close();
        quiet = 0;
        yield { kind: 'replaced' };
        continue;
      }
      yield growth;
      if (growth.kind !== 'bytes' || growth.bytes.length < PIECE_BYTES) {
        await sleep(POLL_MILLISECONDS, undefined, { signal });
      }
    }
  } finally {
    for (const file of files) {
      await file.close();
    }
  }
}

/** Opens the file at the path, if it is not the one that was there last. */
async function addReplacement(files: GrowingFile[], path: string): Promise<void> {
  const newest = files.at(-1);
  const file = newest && !(await newest.isReplacedAt(path)) ? undefined : await openIfThere(path);
  if (file) {
    files.push(file);
  }
}

async function openIfThere(path: string): Promise<GrowingFile | undefined> {
  try {
    return new GrowingFile((await openInput(path, { regular: true })).handle);
  } catch (error) {
    if (error instanceof NotFoundError) {
      return undefined;
    }
    throw error;
  }
}

/** An open file that grows. */
class GrowingFile {
  readonly #handle: FileHandle;
  #position = 0;
  #tail: Buffer = Buffer.alloc(0);

  constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  async next(): Promise<Growth> {
    const { size } = await this.#handle.stat();
    if (size === this.#position) {
      return { kind: 'pause' };
    }
    if (size < this.#position || !(await this.#continues())) {
      this.#position = 0;
      this.#tail = Buffer.alloc(0);
      return { kind: 'rewritten' };
    }
    const bytes = await this.#read(this.#position, Math.min(size - this.#position, PIECE_BYTES));
    this.#position += bytes.length;
    this.#tail = Buffer.from(Buffer.concat([this.#tail, bytes.subarray(-TAIL_BYTES)]).subarray(-TAIL_BYTES));
    return { kind: 'bytes', bytes };
  }

  /** Whether there is another file at the path. */
  async isReplacedAt(path: string): Promise<boolean> {
    const own = await this.#handle.stat();
    try {
      const { dev, ino } = await stat(path);
      return dev !== own.dev || ino !== own.ino;
    } catch (error) {
      // Renamed, and the next one is not there yet.
      if (systemCode(error) === 'ENOENT') {
        return false;
      }
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }

  async #continues(): Promise<boolean> {
    const { length } = this.#tail;
    return (await this.#read(this.#position - length, length)).equals(this.#tail);
  }

  async #read(position: number, length: number): Promise<Buffer> {
    const buffer = Buffer.alloc(length);
    const { bytesRead } = await this.#handle.read(buffer, 0, length, position);
    return buffer.subarray(0, bytesRead);
  }
}
