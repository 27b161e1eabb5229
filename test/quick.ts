import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { join } from 'node:path';

// "npm run test:quick [-- FILE ...]" runs the tests that load the given files, on one layout; without files, those that
// differ from the last commit. It does not know what the processes loaded that a test started: "npm test" does not skip them.

/** Reads the sources as text instead of loading them. */
const ALWAYS = 'test/layers.test.ts';

function changedFiles(): string[] {
  const git = (...words: string[]) => {
    const { status, stdout, stderr } = spawnSync('git', words, { encoding: 'utf8' });
    if (status !== 0) {
      throw new Error(`git ${words[0]} failed: ${stderr}`);
    }
    return stdout.split('\0').filter((file) => file !== '');
  };
  return [
    ...git('diff', '--name-only', '--relative', '-z', 'HEAD'),
    ...git('ls-files', '--others', '--exclude-standard', '-z'),
  ];
}

const given = process.argv.slice(2);
const files = given.length > 0 ? given : changedFiles();
if (files.length === 0) {
  console.log('Nothing has changed since the last commit. To run the tests of unchanged files, pass the files.');
} else {
  const vitest = join(createRequire(import.meta.url).resolve('vitest/package.json'), '..', 'vitest.mjs');
  // Isolated, a test file records only what it loads itself.
  const words = [vitest, 'related', '--run', '--project', 'own', '--isolate', ...files, ALWAYS];
  const [code] = await once(spawn(process.execPath, words, { stdio: 'inherit' }), 'close');
  process.exitCode = code ?? 1;
}
