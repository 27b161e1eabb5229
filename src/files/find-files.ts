import { glob, realpath, stat } from 'node:fs/promises';
import { InvalidInputError, NotFoundError } from '../errors.ts';
import { isDirectory } from './file-error.ts';
import { inputError } from './input.ts';

/** A file that was found; `-` is standard input. */
export interface FoundFile {
  path: string;
  /** In bytes; `undefined` for standard input, pipes and devices. */
  size: number | undefined;
}

/**
 * Finds the files that the arguments of a command mean, each once, in their order: paths, `-`, and patterns such as
 * `logs/*.csv` that the shell did not expand, whose files are sorted by name. A file that has the name of a pattern wins.
 * @throws NotFoundError for a missing file, or a pattern that matches none; InvalidInputError for a directory, or - twice
 */
export async function findFiles(given: readonly string[]): Promise<FoundFile[]> {
  if (given.indexOf('-') !== given.lastIndexOf('-')) {
    throw new InvalidInputError('Standard input, -, can be read only once.');
  }
  const files = new Map<string, FoundFile>();
  for (const path of given) {
    for (const [identity, file] of path === '-' ? [['-', { path, size: undefined }] as const] : await expand(path)) {
      files.set(identity, files.get(identity) ?? file);
    }
  }
  return [...files.values()];
}

/** Files by the path that they have without symbolic links. */
type Expanded = [identity: string, file: FoundFile][];

async function expand(path: string): Promise<Expanded> {
  try {
    const stats = await stat(path);
    if (stats.isDirectory()) {
      throw isDirectory(path);
    }
    // A pipe has no path of its own.
    return [[stats.isFile() ? await realpath(path) : path, { path, size: stats.isFile() ? stats.size : undefined }]];
  } catch (error) {
    const failure = inputError(error, path, 'Use - to read standard input.');
    if (failure instanceof NotFoundError && /[*?[{]/.test(path)) {
      return await matches(path);
    }
    throw failure;
  }
}

async function matches(pattern: string): Promise<Expanded> {
  const paths: string[] = [];
  for await (const path of glob(pattern)) {
    paths.push(path);
  }
  const files: Expanded = [];
  for (const path of paths.sort()) {
    const stats = await stat(path);
    if (stats.isFile()) {
      files.push([await realpath(path), { path, size: stats.size }]);
    }
  }
  if (files.length === 0) {
    throw new NotFoundError(`No file matches ${pattern}.`);
  }
  return files;
}
