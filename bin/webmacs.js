#!/usr/bin/env node
// Runs on any Node: it only looks at the version, and hands over to one that is new enough. It is CommonJS, which Node
// begins some milliseconds sooner than an ES module; what is required here at the top is what "--version" needs.
const { existsSync, readFileSync } = require('node:fs');
const { join } = require('node:path');

const root = join(__dirname, '..');
const words = process.argv.slice(2);

if (words.length === 1 && (words[0] === '--version' || words[0] === '-V')) {
  console.log(`webmacs ${JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version}`);
} else if (isNewEnough(process.versions.node)) {
  run();
} else {
  handOver(join(root, 'node_modules', 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node'));
}

function isNewEnough(version) {
  const [major, minor] = version.split('.').map(Number);
  return major > 22 || (major === 22 && minor >= 22);
}

async function run() {
  const program = join(root, 'dist', 'main.cjs');
  if (!existsSync(program)) {
    console.error(`error: The program is not built. Run "npm run build" in ${root}.`);
    process.exit(1);
  }
  const cache = process.env.XDG_CACHE_HOME || join(require('node:os').homedir(), '.cache');
  const { exports, keep } = require('./code-cache.js').load(program, join(cache, 'webmacs'));
  const { exitCode, command } = await exports.main(words, process);
  keep(command);
  // All is written and closed by now; to leave at once spares taking the heap down piece by piece.
  process.exit(exitCode);
}

/** Starts the same command with the Node that is in a checkout beside the program. */
function handOver(node) {
  if (!existsSync(node)) {
    // npm never packs its lock file, so where there is one, this is a checkout.
    const remedy = existsSync(join(root, 'package-lock.json'))
      ? `run "npm ci" in ${root}, which brings one`
      : 'install one from https://nodejs.org, or with a version manager, as in "nvm install 24"';
    console.error(`error: webmacs needs Node 22.22 or newer, and this is ${process.versions.node}: ${remedy}.`);
    process.exit(1);
  }
  const { spawn } = require('node:child_process');
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
