import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { InvalidInputError } from '../errors.ts';
import { inputError, readText } from '../files/input.ts';
import { defined } from '../text/defined.ts';

export interface Source {
  name: string;
  text: string;
}

const MAX_BYTES = 16 * 1024 * 1024;

const SUFFIX = /\.(ya?ml|json)$/i;

/**
 * Reads files, the YAML and JSON files of a folder by name, and `-` as standard input.
 * @throws NotFoundError, InvalidInputError
 */
export async function readSources(paths: readonly string[], stdin: Readable): Promise<Source[]> {
  const sources: Source[] = [];
  for (const path of paths) {
    for (const file of await filesAt(path)) {
      sources.push(await readSource(file, stdin));
    }
  }
  return sources;
}

/** @throws NotFoundError, InvalidInputError */
export async function readSource(path: string, stdin?: Readable): Promise<Source> {
  const text = await readText(path, { maxBytes: MAX_BYTES, ...defined({ stdin }) });
  return { name: path === '-' && stdin ? 'standard input' : path, text };
}

async function filesAt(path: string): Promise<string[]> {
  try {
    if (path === '-' || !(await stat(path)).isDirectory()) {
      return [path];
    }
    const names = (await readdir(path)).filter((name) => SUFFIX.test(name)).sort();
    if (names.length === 0) {
      throw new InvalidInputError(`${path} has no .yaml, .yml or .json file.`);
    }
    return names.map((name) => join(path, name));
  } catch (error) {
    throw inputError(error, path);
  }
}
