import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { WebmacsError } from '../../src/errors.ts';
import { PackageTransaction } from '../../src/plugins/package-transaction.ts';
import { readWheel } from '../../src/plugins/wheel/read.ts';
import { WheelRefusal } from '../../src/plugins/wheel/refusal.ts';
import type { Wheel } from '../../src/plugins/wheel/wheel.ts';
import { mutantOf, randomFrom } from './wheel-mutations.ts';

/**
 * Feeds damaged wheels to the program's own way from a file to the plugin directory. Each has to end with a refusal or an
 * acceptance: no other error, no hang, no memory beyond 200 MB, no file outside the plugin directory. It is run with a small
 * young generation: else what V8 has not yet collected of thousands of wheels hides what one of them needs.
 */
const MAX_MEMORY_BYTES = 200e6;
const HANG_MILLISECONDS = 20_000;

const { values } = parseArgs({
  options: { count: { type: 'string', default: '20000' }, seed: { type: 'string', default: '20261124' } },
});
const count = Number(values.count);
const random = randomFrom(Number(values.seed));

const root = mkdtempSync(join(tmpdir(), 'webmacs-fuzz-'));
const [inbox, plugins] = [join(root, 'inbox'), join(root, 'plugins')];
for (const folder of [inbox, plugins]) {
  mkdirSync(folder);
}

const refused = new Map<string, number>();
const violations: string[] = [];
let accepted = 0;
let memory = 0;
let slowest = 0;
let current = 0;

const heartbeat = new Int32Array(new SharedArrayBuffer(4));
const watchdog = new Worker(
  `const { workerData: { heartbeat, limit } } = require('node:worker_threads');
   let last = -1;
   setInterval(() => {
     const now = Atomics.load(heartbeat, 0);
     if (now === last) { console.error('Wheel ' + now + ' hangs.'); process.kill(process.pid, 'SIGKILL'); }
     last = now;
   }, limit);`,
  { eval: true, workerData: { heartbeat, limit: HANG_MILLISECONDS } },
);
watchdog.unref();
process.on('uncaughtException', (error) => violations.push(`wheel ${current}: uncaught ${error.stack}`));

const started = performance.now();
for (current = 0; current < count; current++) {
  Atomics.store(heartbeat, 0, current);
  const { file, bytes } = mutantOf(random);
  const path = join(inbox, file.slice(0, 200));
  writeFileSync(path, bytes);
  const begun = performance.now();
  try {
    await fileAway(await readWheel(path));
    accepted++;
  } catch (error) {
    if (error instanceof WebmacsError) {
      const rule = error instanceof WheelRefusal ? error.rule : 'unreadable';
      refused.set(rule, (refused.get(rule) ?? 0) + 1);
    } else {
      violations.push(`wheel ${current}: ${error instanceof Error ? error.stack : error}`);
    }
  }
  slowest = Math.max(slowest, performance.now() - begun);
  memory = Math.max(memory, process.memoryUsage.rss());
  rmSync(path);
  const beside = readdirSync(root).filter((name) => name !== 'inbox' && name !== 'plugins');
  const left = [...readdirSync(inbox), ...beside, ...readdirSync(plugins)];
  if (left.length > 0) {
    violations.push(`wheel ${current}: left ${left.join(', ')}`);
    break;
  }
}
if (memory > MAX_MEMORY_BYTES) {
  violations.push(`${Math.round(memory / 1e6)} MB of memory`);
}
rmSync(root, { recursive: true });

/** As an install without Python does: out of sight, into its place, and, for the next one, away. */
async function fileAway({ name, version, file, sha256, bytes }: Wheel): Promise<void> {
  const work = new PackageTransaction(plugins);
  const to = { version, path: join(plugins, file), sha256 };
  const journal = { action: 'install', package: name, stage: 'prepared', to, previous: null } as const;
  await work.begin({ ...journal, pythonBefore: null, installer: null }, bytes);
  await work.publish(to);
  if (readdirSync(plugins).join() !== ['.installing', file].sort().join()) {
    violations.push(`wheel ${current}: not filed`);
  }
  await work.finish({ ...journal, pythonBefore: null, installer: null });
  rmSync(to.path);
}

const rules = [...refused].sort(([, a], [, b]) => b - a).map(([rule, times]) => `${rule} ${times}`);
console.log(
  `${count} wheels, seed ${values.seed}: ${accepted} accepted, ${count - accepted - violations.length} refused (${rules.join(', ')}), ` +
    `${violations.length} violations.\n` +
    `${((performance.now() - started) / 1000).toFixed(1)} s, the slowest ${Math.round(slowest)} ms; ${Math.round(memory / 1e6)} MB of memory at most.`,
);
for (const violation of violations.slice(0, 10)) {
  console.error(violation);
}
process.exit(violations.length > 0 ? 1 : 0);
