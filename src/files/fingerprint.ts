import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { resolve } from 'node:path';
import { InvalidInputError, NotFoundError } from '../errors.ts';

/** What identifies a file's content, and where it lies. */
export interface Fingerprint {
  /** Absolute. */
  path: string;
  bytes: number;
  /** In hexadecimal digits. */
  sha256: string;
}

/**
 * Reads a file once, piece by piece, and says where it is, how large, and its SHA-256.
 * @param maxBytes how large it may be
 * @param signal ends the reading
 * @throws NotFoundError for a missing file; InvalidInputError for what is no ordinary file, one that may not be read,
 * one that is too large, or one that changes meanwhile
 */
export async function fingerprint(path: string, maxBytes: number, signal?: AbortSignal): Promise<Fingerprint> {
  const file = await openOrdinary(path, maxBytes);
  const { size } = await file.stat();
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const piece of file.createReadStream({ highWaterMark: 1024 * 1024, ...(signal ? { signal } : {}) })) {
    hash.update(piece);
    bytes += piece.length;
  }
  if (bytes !== size) {
    throw new InvalidInputError(`${path} changed while it was read.`, { hint: 'Wait until it is complete.' });
  }
  return { path: resolve(path), bytes, sha256: hash.digest('hex') };
}

async function openOrdinary(path: string, maxBytes: number): Promise<FileHandle> {
  let file: FileHandle;
  try {
    // Without waiting: opening a pipe would last until somebody writes into it.
    file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    throw unreadable(error, path);
  }
  const stats = await file.stat();
  if (stats.isFile() && stats.size <= maxBytes) {
    return file;
  }
  await file.close();
  throw stats.isFile()
    ? new InvalidInputError(`${path} is too large: ${stats.size} bytes, of at most ${maxBytes}.`)
    : new InvalidInputError(`${path} is ${stats.isDirectory() ? 'a directory' : 'no ordinary file'}.`, {
        hint: 'Name a file on the disk.',
      });
}

function unreadable(error: unknown, path: string): unknown {
  switch (error instanceof Error && 'code' in error && error.code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return new NotFoundError(`There is no file ${path}.`, { cause: error });
    case 'EACCES':
    case 'EPERM':
      return new InvalidInputError(`No permission to read ${path}.`, { cause: error });
    case 'ENXIO':
      return new InvalidInputError(`${path} is no ordinary file.`, { hint: 'Name a file on the disk.', cause: error });
    case 'ENAMETOOLONG':
      return new InvalidInputError(`The file name ${path} is too long.`, { cause: error });
    case 'ELOOP':
      return new InvalidInputError(`${path} is a symbolic link that leads to itself.`, { cause: error });
    default:
      return error;
  }
}
