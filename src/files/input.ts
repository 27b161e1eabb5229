import { constants, type ReadStream, type Stats } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { InvalidInputError, NotFoundError, WebmacsError } from '../errors.ts';
import { defined } from '../text/defined.ts';
import { parseJsonObject } from '../text/json.ts';
import { anyFileError, isDirectory, systemCode, withPath } from './file-error.ts';
import { refuseOtherFormats } from './file-format.ts';

/** How to read a whole file. */
export interface InputOptions {
  maxBytes: number;
  /** The stream that `-` stands for; without it `-` is a file name. */
  stdin?: Readable;
}

/**
 * Opens a file for reading.
 * @param regular whether it must be a regular file: not a pipe, on which it would block, nor a device
 * @throws NotFoundError for a missing file; InvalidInputError for a directory or an unreadable file
 */
export async function openInput(
  path: string,
  { regular = false, hint }: { regular?: boolean; hint?: string } = {},
): Promise<{ handle: FileHandle; stats: Stats }> {
  const flags = regular ? constants.O_RDONLY | constants.O_NONBLOCK : constants.O_RDONLY;
  const handle = await open(path, flags).catch((error: unknown) => {
    throw inputError(error, path, hint);
  });
  const stats = await handle.stat();
  if (stats.isFile() || (!regular && !stats.isDirectory())) {
    return { handle, stats };
  }
  await handle.close();
  throw stats.isDirectory() ? isDirectory(path) : notRegular(path);
}

/** Reads an open file from its start, or a range of it, in pieces; an error names the file. */
export function streamFrom(
  handle: FileHandle,
  path: string,
  options?: { highWaterMark?: number; signal?: AbortSignal | undefined; start?: number; end?: number },
): ReadStream {
  return handle.createReadStream(options).once('error', (error) => withPath(error, path));
}

/**
 * Returns the bytes of an uncompressed file.
 * @throws NotFoundError for a missing file; InvalidInputError for a directory, a compressed file, more than `maxBytes`, or
 * an unreadable file
 */
export async function readBytes(path: string, { maxBytes, stdin }: InputOptions): Promise<Buffer> {
  const name = inputName(path, stdin);
  const pieces: Buffer[] = [];
  let length = 0;
  try {
    for await (const piece of await streamOf(path, stdin)) {
      pieces.push(Buffer.from(piece));
      length += piece.length;
      if (length > maxBytes) {
        throw tooLarge(name, maxBytes);
      }
    }
  } catch (error) {
    throw inputError(error, name);
  }
  return Buffer.concat(pieces);
}

/**
 * Returns the text of a file, without a byte order mark.
 * @throws as `readBytes`, and InvalidInputError if it is not UTF-8 text
 */
export async function readText(path: string, options: InputOptions): Promise<string> {
  return decodeText(await readBytes(path, options), inputName(path, options.stdin));
}

/**
 * Decodes a text, without a byte order mark.
 * @throws InvalidInputError if it is not UTF-8 text
 */
export function decodeText(bytes: Buffer, name: string): string {
  refuseOtherFormats(bytes, name, 'text in UTF-8');
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new InvalidInputError(`${name} is not valid UTF-8.`, { hint: 'Save it as UTF-8 text.', cause });
  }
  if (text.includes('\0')) {
    throw new InvalidInputError(`${name} is not text: it contains a NUL character.`, {
      hint: 'Save it as UTF-8 text.',
    });
  }
  return text;
}

/**
 * Returns the text of a file with a JSON object, unchanged: parsing would alter long numbers.
 * @param example what the object may look like, for the hint
 * @throws as `readText`, and InvalidInputError if it is not a JSON object
 */
export async function readJsonObject(path: string, options: InputOptions, example: string): Promise<string> {
  const text = await readText(path, options);
  parseJsonObject(text, inputName(path, options.stdin), example);
  return text.trim();
}

/** The name of a file, or of standard input, in messages. */
function inputName(path: string, stdin: Readable | undefined): string {
  return path === '-' && stdin ? 'Standard input' : path;
}

async function streamOf(path: string, stdin: Readable | undefined): Promise<Readable> {
  if (path === '-' && stdin) {
    return stdin;
  }
  const [, kind] = /\.(gz|zst)$/i.exec(path) ?? [];
  if (kind !== undefined) {
    throw new InvalidInputError(`${path} is compressed; only data to import may be compressed.`, {
      hint: `Decompress it first: ${kind.toLowerCase() === 'gz' ? 'gunzip' : 'unzstd'} ${path}`,
    });
  }
  const { handle } = await openInput(path, stdin ? { hint: 'Use - to read standard input.' } : {});
  return handle.createReadStream();
}

export function tooLarge(name: string, maxBytes: number): InvalidInputError {
  return new InvalidInputError(`${name} is too large: at most ${maxBytes} bytes.`);
}

function notRegular(path: string, cause?: unknown): InvalidInputError {
  return new InvalidInputError(`${path} is not a regular file.`, { hint: 'Use the path of a file on disk.', cause });
}

/** Translates the error of a system call on a file to be read; returns other errors unchanged. */
export function inputError(error: unknown, name: string, hint?: string): unknown {
  if (error instanceof WebmacsError) {
    return error;
  }
  switch (systemCode(error)) {
    case 'ENOENT':
    case 'ENOTDIR':
      return new NotFoundError(`The file ${name} does not exist.`, { ...defined({ hint }), cause: error });
    case 'ENXIO':
      return notRegular(name, error);
    case 'EACCES':
    case 'EPERM':
      return new InvalidInputError(`No permission to read ${name}.`, { cause: error });
    default:
      return anyFileError(error, name);
  }
}
