import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { InvalidInputError } from '../errors.ts';

/** A file with a part of a site. */
export interface Source {
  name: string;
  text: string;
}

/** The most bytes of a file. */
const MAX_BYTES = 16 * 1024 * 1024;

const SUFFIX = /\.(ya?ml|json)$/i;

/**
 * Reads a file, or the YAML and JSON files of a folder, by name.
 * @param standardInput reads what `-` means
 * @throws InvalidInputError; errors of the file system
 */
export async function readSources(paths: readonly string[], standardInput: () => Promise<Buffer>): Promise<Source[]> {
  const sources: Source[] = [];
  for (const path of paths) {
    if (path === '-') {
      sources.push(sourceOf('standard input', await standardInput()));
      continue;
    }
    const isFolder = (await stat(path)).isDirectory();
    const names = isFolder ? (await readdir(path)).filter((name) => SUFFIX.test(name)).sort() : [];
    if (isFolder && names.length === 0) {
      throw new InvalidInputError(`${path} has no .yaml, .yml or .json file.`);
    }
    for (const file of isFolder ? names.map((name) => join(path, name)) : [path]) {
      sources.push(sourceOf(file, await readFile(file)));
    }
  }
  return sources;
}

function sourceOf(name: string, bytes: Buffer): Source {
  if (bytes.length > MAX_BYTES) {
    throw new InvalidInputError(`${name} is too large: the maximum is ${MAX_BYTES / 1024 / 1024} MB.`, {
      hint: 'Split it into several files in a folder.',
    });
  }
  try {
    return { name, text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) };
  } catch (cause) {
    throw new InvalidInputError(`${name} is not valid UTF-8.`, { hint: 'Save it as UTF-8 text.', cause });
  }
}
