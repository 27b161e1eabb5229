#!/usr/bin/env node
// Runs on any Node: it only looks at the version, and hands over to one that is new enough. What is imported here is
// what "--version" needs.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const words = process.argv.slice(2);

if (words.length === 1 && (words[0] === '--version' || words[0] === '-V')) {
  console.log(`webmacs ${JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version}`);
} else if (isNewEnough(process.versions.node)) {
  await run();
} else {
  await handOver(join(root, 'node_modules', 'node', 'bin', 'node'));
}

function isNewEnough(version) {
  const [major, minor] = version.split('.').map(Number);
  return major > 22 || (major === 22 && minor >= 22);
}

async function run() {
  const [module, { homedir }] = await Promise.all([import('node:module'), import('node:os')]);
  const program = join(root, 'dist', 'main.cjs');
  if (!existsSync(program)) {
    console.error('error: The program is not built. Run "npm run build" in its folder.');
    process.exit(1);
  }
  // Not the shared default: what is run next time must come from a folder of this user's own.
  module.enableCompileCache?.(join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'webmacs'));
  // One CommonJS file: it is there some milliseconds sooner than the same code in ES modules.
  const { main } = module.createRequire(import.meta.url)(program);
  // All is written and closed by now; to leave at once spares taking the heap down piece by piece.
  process.exit(await main(words, process));
}

/** Starts the same command with the Node that was installed beside the program. */
async function handOver(node) {
  if (!existsSync(node)) {
    console.error(`error: webmacs needs Node 22.22 or newer; this is ${process.versions.node}.`);
    console.error('Install a newer one, or run "npm ci" in the folder of webmacs, which brings one.');
    process.exit(1);
  }
  const { spawn } = await import('node:child_process');
  const child = spawn(node, [process.argv[1], ...words], { stdio: 'inherit' });
  // The terminal sends Ctrl-C to both, anybody else to this process alone: passed on as SIGTERM it is not taken for a
  // second, impatient one.
  process.on('SIGINT', () => child.kill('SIGTERM'));
  for (const signal of ['SIGTERM', 'SIGHUP']) {
    process.on(signal, () => child.kill(signal));
  }
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? 128 + (signal === 'SIGKILL' ? 9 : 15);
  });
}
