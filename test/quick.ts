import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { join, relative } from 'node:path';
import { ROOT } from './support/paths.ts';
import { relatedTests } from './support/related.ts';

// "npm run test:quick [-- FILE ...]" runs the tests that depend on the given files, on one layout; without files, on those
// that differ from the last commit. What most commands use is tested by the tests that import it, and by a few that run every
// command. "npm test" leaves nothing out.

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
  const { selected, leftOut, unused } = relatedTests(files.map((file) => relative(ROOT, file)));
  console.log(`Selected ${selected.length} test files:\n  ${selected.join('\n  ')}`);
  if (leftOut.length > 0) {
    console.log(
      `Left out ${leftOut.length}, which use it only as a part of the whole program, or of their rigs:\n  ${leftOut.join('\n  ')}`,
    );
  }
  if (unused.length > 0) {
    console.log(`No test imports ${unused.join(', ')}: "npm test" runs what depends on it otherwise.`);
  }
  const vitest = join(createRequire(import.meta.url).resolve('vitest/package.json'), '..', 'vitest.mjs');
  const words = [vitest, 'run', '--project', 'own', ...selected];
  const [code] = await once(spawn(process.execPath, words, { stdio: 'inherit' }), 'close');
  process.exitCode = code ?? 1;
}
