import { existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { InvalidInputError } from '../errors.ts';
import { systemCode } from './file-error.ts';

/**
 * Creates a folder and its missing parents. Node's own recursive `mkdirSync` never returns where a file system, such as
 * /proc, answers ENOENT in a folder that exists.
 * @throws InvalidInputError for such a file system
 */
export function makeFolder(path: string, mode: number): void {
  try {
    mkdirSync(path, { mode });
  } catch (error) {
    const code = systemCode(error);
    if (code === 'EEXIST' && statSync(path).isDirectory()) {
      return;
    }
    if (code !== 'ENOENT') {
      throw error;
    }
    if (existsSync(dirname(path))) {
      throw new InvalidInputError(`No folder can be created in ${dirname(path)}.`, {
        hint: 'Choose another place, for example with HOME.',
        cause: error,
      });
    }
    makeFolder(dirname(path), mode);
    makeFolder(path, mode);
  }
}
