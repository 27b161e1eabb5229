import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { join } from 'node:path';

// "npm run test:quick [FILE ...]": the tests that load the given files, or else those that differ from the last commit,
// on one layout. What is loaded by a process that a test starts is not known, so that "npm test" has the last word.

/** Reads all of the source as text, and loads none of it. */
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
  console.log('Nothing differs from the last commit, so there is nothing to test. Name files to test them anyway.');
} else {
  const vitest = join(createRequire(import.meta.url).resolve('vitest/package.json'), '..', 'vitest.mjs');
  const words = [vitest, 'related', '--run', '--project', 'own', ...files, ALWAYS];
  const [code] = await once(spawn(process.execPath, words, { stdio: 'inherit' }), 'close');
  process.exitCode = code ?? 1;
}
