import { existsSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Makes a file or folder once per run, for all test files and layouts to read, and returns its path. */
export async function oncePerRun(name: string, make: (path: string) => Promise<void> | void): Promise<string> {
  const path = join(tmpdir(), name);
  if (!existsSync(path)) {
    const temporary = `${path}.${process.pid}`;
    await make(temporary);
    try {
      renameSync(temporary, path);
    } catch (error) {
      // Another worker was faster.
      rmSync(temporary, { recursive: true });
      if (!existsSync(path)) {
        throw error;
      }
    }
  }
  return path;
}
