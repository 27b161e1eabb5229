import { strict as assert } from 'node:assert';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { processes, textIfThere } from './processes.ts';

/** The password that the program is given, and that must not appear anywhere. */
export const SECRET = 'Geh31m-4711';

/** Checks the arguments of all processes, and the environment of those that the program has started. */
export function assertNoSecretInProcesses(program: number): void {
  const all = processes();
  for (const [pid, words] of all) {
    assertNoSecretIn(words, `the arguments of process ${pid}`);
    // Between fork and exec, a child still has the arguments and the environment of its parent.
    if (words !== '' && words !== all.get(program) && parentOf(pid) === program) {
      assertNoSecretIn(textIfThere(`/proc/${pid}/environ`), `the environment of ${words}`);
    }
  }
}

/** Checks what the program has printed. */
export function assertNoSecretIn(text: string, where: string): void {
  const at = text.indexOf(SECRET);
  assert(at < 0, `the password is in ${where}: ${text.slice(Math.max(0, at - 200), at + 50)}`);
}

/** Checks the content of all files below a folder. */
export function assertNoSecretBelow(folder: string): void {
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) {
      const path = join(entry.parentPath, entry.name);
      assertNoSecretIn(textIfThere(path), path);
    }
  }
}

function parentOf(pid: number): number {
  return Number(textIfThere(`/proc/${pid}/stat`).split(') ').at(-1)?.split(' ')[1]);
}
