import { execFileSync } from 'node:child_process';
import { temporaryDirectory } from './program.ts';

/** Mounts a file system of this size, in memory, at a directory. */
export function mount(path: string, options: string): Disposable {
  execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', path], { stdio: 'ignore' });
  return { [Symbol.dispose]: () => void execFileSync('umount', [path]) };
}

/** Whether file systems can be mounted: root can, unless a container prevents it. */
export function canMount(): boolean {
  using folder = temporaryDirectory();
  try {
    mount(folder.path, 'size=1m')[Symbol.dispose]();
    return true;
  } catch {
    return false;
  }
}
