import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { WebmacsError } from '../../src/errors.ts';
import { PackageTransaction } from '../../src/plugins/package-transaction.ts';
import { readWheel } from '../../src/plugins/wheel/read.ts';
import { WheelRefusal } from '../../src/plugins/wheel/refusal.ts';
import type { Wheel } from '../../src/plugins/wheel/wheel.ts';
import { partOptions, reportResult } from './part.ts';
import { randomFrom } from './random.ts';
import { mutantOf } from './wheel-mutations.ts';

/**
 * Reads and stores mutated wheels, as an installation does. Each one has to be refused or accepted: without another error,
 * a hang, more than 200 MB of memory, or a file outside the plugin directory.
 */
const MAX_MEMORY_BYTES = 200e6;
const HANG_MILLISECONDS = 20_000;

const { count, seed } = partOptions();
const random = randomFrom(seed);

const root = mkdtempSync(join(tmpdir(), 'webmacs-hostile-'));
const [inbox, plugins] = [join(root, 'inbox'), join(root, 'plugins')];
for (const folder of [inbox, plugins]) {
  mkdirSync(folder);
}

const refused = new Map<string, number>();
const findings: string[] = [];
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
process.on('uncaughtException', (error) => findings.push(`wheel ${current}: uncaught ${error.stack}`));

for (current = 0; current < count; current++) {
  Atomics.store(heartbeat, 0, current);
  const { file, bytes } = mutantOf(random);
  const path = join(inbox, file.slice(0, 200));
  writeFileSync(path, bytes);
  const begun = performance.now();
  try {
    await store(await readWheel(path));
    accepted++;
  } catch (error) {
    if (error instanceof WebmacsError) {
      const rule = error instanceof WheelRefusal ? error.rule : 'unreadable';
      refused.set(rule, (refused.get(rule) ?? 0) + 1);
    } else {
      findings.push(`wheel ${current}: ${error instanceof Error ? error.stack : error}`);
    }
  }
  slowest = Math.max(slowest, performance.now() - begun);
  memory = Math.max(memory, process.memoryUsage.rss());
  rmSync(path);
  const beside = readdirSync(root).filter((name) => name !== 'inbox' && name !== 'plugins');
  const left = [...readdirSync(inbox), ...beside, ...readdirSync(plugins)];
  if (left.length > 0) {
    findings.push(`wheel ${current}: left ${left.join(', ')}`);
    break;
  }
}
if (memory > MAX_MEMORY_BYTES) {
  findings.push(`${Math.round(memory / 1e6)} MB of memory`);
}
rmSync(root, { recursive: true });

/** Stores a wheel as an installation without Python does, and removes it again. */
async function store({ name, version, file, sha256, bytes }: Wheel): Promise<void> {
  const transaction = new PackageTransaction(plugins);
  const to = { version, path: join(plugins, file), sha256 };
  const journal = { action: 'install', package: name, stage: 'prepared', to, previous: null } as const;
  await transaction.begin({ ...journal, pythonBefore: null, installer: null }, bytes);
  await transaction.publish(to);
  if (readdirSync(plugins).join() !== ['.installing', file].sort().join()) {
    findings.push(`wheel ${current}: not stored`);
  }
  await transaction.finish({ ...journal, pythonBefore: null, installer: null });
  rmSync(to.path);
}

const rules = [...refused].sort(([, a], [, b]) => b - a).map(([rule, times]) => `${rule} ${times}`);
reportResult({
  findings,
  summary:
    `${accepted} accepted, ${[...refused.values()].reduce((sum, times) => sum + times, 0)} refused (${rules.join(', ')}); slowest ${Math.round(slowest)} ms, ` +
    `memory ${Math.round(memory / 1e6)} MB`,
});
