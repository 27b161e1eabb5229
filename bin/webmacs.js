#!/usr/bin/env node
// Runs on any Node: checks the version, and starts a newer Node if necessary. It is CommonJS, which starts some milliseconds
// faster than an ES module; the modules required here at the top are those that "--version" needs.
const { existsSync, readFileSync } = require('node:fs');
const { isAbsolute, join } = require('node:path');

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
  const chosen = process.env.XDG_CACHE_HOME ?? '';
  // The specification has a relative path ignored.
  const cache = isAbsolute(chosen) ? chosen : join(require('node:os').homedir(), '.cache');
  const { exports, keep } = require('./code-cache.js').load(program, join(cache, 'webmacs'));
  const outcome = exports.main(words, process);
  // The program handles signals until its work is done; from then to the exit, one must not turn the result into a failure.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => {});
  }
  const { exitCode, command } = await outcome;
  keep(command);
  // Everything is written and closed by now; exiting at once skips tearing down the heap.
  process.exit(exitCode);
}

/** Runs the same command with the Node that `npm ci` installs in a clone. */
function handOver(node) {
  if (!existsSync(node)) {
    // npm never packs the lock file, so this is a clone if there is one.
    const remedy = existsSync(join(root, 'package-lock.json'))
      ? `Run "npm ci" in ${root}, which installs it`
      : 'Install it from https://nodejs.org, or with a version manager, such as "nvm install 24"';
    console.error(`error: webmacs needs Node 22.22 or newer, but this is Node ${process.versions.node}. ${remedy}.`);
    process.exit(1);
  }
  const { spawn } = require('node:child_process');
  const child = spawn(node, [process.argv[1], ...words], { stdio: 'inherit' });
  // A terminal sends SIGINT to both processes, other senders only to this one: passed on as SIGTERM it does not count as a
  // second Ctrl-C.
  process.on('SIGINT', () => child.kill('SIGTERM'));
  for (const signal of ['SIGTERM', 'SIGHUP']) {
    process.on(signal, () => child.kill(signal));
  }
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? 128 + (signal === 'SIGKILL' ? 9 : 15);
  });
}
