import { chmodSync, existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { InvalidInputError } from '../errors.ts';
import { systemCode } from './file-error.ts';

/**
 * Creates a folder and its missing parents. Node's own recursive `mkdirSync` never returns where a file system, such as
 * /proc, answers ENOENT in a folder that exists.
 * @throws InvalidInputError for such a file system
 */
export function makeFolder(path: string, mode: number): void {
  make(path, (folder) => mkdirSync(folder, { mode }));
}

/**
 * Creates a folder for files of the program's own, likewise. Root's can be passed through, whatever the umask: the embedded server,
 * which another account runs for root, may be in the same one.
 */
export function makeOwnFolder(path: string): void {
  make(path, (folder) => {
    mkdirSync(folder, { mode: 0o700 });
    if (process.getuid?.() === 0) {
      chmodSync(folder, 0o711);
    }
  });
}

function make(path: string, create: (folder: string) => void): void {
  try {
    create(path);
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
    make(dirname(path), create);
    make(path, create);
  }
}
