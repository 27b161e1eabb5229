import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { basename } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { InvalidInputError, NotFoundError } from '../../errors.ts';
import { MAX_PACKED_BYTES, WheelRefusal } from './refusal.ts';
import { inspectWheel, type Wheel } from './wheel.ts';

/**
 * Reads a wheel from the disk, once, so that what is checked is what is installed.
 * @throws NotFoundError, InvalidInputError, WheelRefusal
 */
export async function readWheel(path: string): Promise<Wheel> {
  const file = basename(path);
  // Each of thousands of entries is a stream for a moment: left alone, V8 lets 60 MB of them gather before it collects.
  setFlagsFromString('--semi-space-growth-factor=1');
  // A pipe without a writer must not be waited for.
  const opened = await open(path, constants.O_RDONLY | constants.O_NONBLOCK).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') throw new NotFoundError(`There is no file ${path}.`, { cause });
    throw new InvalidInputError(`${path} cannot be read: ${cause.message}.`, { cause });
  });
  await using handle = opened;
  const { size } = await regularFile(handle, path);
  if (size > MAX_PACKED_BYTES) {
    throw new WheelRefusal(file, 'size', `it has ${size} bytes`);
  }
  const bytes = Buffer.alloc(size);
  let length = 0;
  while (length < size) {
    const { bytesRead } = await handle.read(bytes, length, size - length);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  return await inspectWheel(bytes.subarray(0, length), file);
}

async function regularFile(handle: FileHandle, path: string) {
  const stats = await handle.stat();
  if (!stats.isFile()) {
    throw new InvalidInputError(`${path} is ${stats.isDirectory() ? 'a directory' : 'no regular file'}.`);
  }
  return stats;
}
