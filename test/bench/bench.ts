/**
 * `npm run bench [-- --rows 1000000] [--runs 5] [--only export,start]`: our figures and their peers', alternating in one
 * run, as ratios. It makes its own database in an embedded server of its own.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { chmod } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { acquireServer } from '../../src/database/embedded-server/server.ts';
import { exportFigures } from './export.ts';
import { type Figure, printFigures } from './measure.ts';
import { pruneFigures } from './prune.ts';
import { startFigures } from './start.ts';

const { values } = parseArgs({
  options: {
    rows: { type: 'string', default: '1000000' },
    runs: { type: 'string', default: '5' },
    only: { type: 'string', default: 'start,export,prune' },
  },
});
const only = values.only.split(',');
const directory = mkdtempSync(join(tmpdir(), 'webmacs-bench-'));
await chmod(directory, 0o711);
const lease = await acquireServer(join(directory, 'server'));
const { host, port, user, database } = lease.connection;
const url = `postgresql://${user}@localhost:${port}/${database}?host=${encodeURIComponent(host)}`;
try {
  const figures: Figure[] = [];
  const settings = { url, directory, rows: Number(values.rows), runs: Number(values.runs) };
  if (only.includes('start')) {
    figures.push(...(await startFigures(settings)));
  }
  if (only.includes('export')) {
    figures.push(...(await exportFigures(settings)));
  }
  if (only.includes('prune')) {
    figures.push(...(await pruneFigures(settings)));
  }
  console.log(`${availableParallelism()} processors, Node ${process.versions.node}, ${settings.runs} runs\n`);
  printFigures(figures);
} finally {
  await lease.release();
  rmSync(directory, { recursive: true, force: true });
}
