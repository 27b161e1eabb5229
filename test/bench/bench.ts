/**
 * `npm run bench [-- --rows 1000000] [--runs 7] [--only export,list] [--json FILE]`: measures the program against its peers,
 * alternating in one run, as ratios. It creates its databases in a separate embedded server.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { chmod } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { acquireServer } from '../../src/database/embedded-server/server.ts';
import { backupFigures } from './backup.ts';
import { embeddedFigures } from './embedded.ts';
import { exportFigures } from './export.ts';
import { ingestFigures } from './ingest.ts';
import { listFigures } from './list.ts';
import { lookingFigures } from './looking.ts';
import type { Figure, Settings } from './measure.ts';
import { pruneFigures } from './prune.ts';
import { line, machine, printFigures } from './report.ts';
import { siteFileFigures } from './site-file.ts';
import { startFigures } from './start.ts';
import { storageFigures } from './storage.ts';

/** In this order: an export adds to the datapoints that a list is measured on. */
const GROUPS: Record<string, (settings: Settings) => Promise<Figure[]>> = {
  start: startFigures,
  embedded: embeddedFigures,
  ingest: ingestFigures,
  list: listFigures,
  export: exportFigures,
  looking: lookingFigures,
  prune: pruneFigures,
  'site-file': siteFileFigures,
  backup: backupFigures,
  storage: storageFigures,
};

const { values } = parseArgs({
  options: {
    rows: { type: 'string', default: '1000000' },
    runs: { type: 'string', default: '7' },
    only: { type: 'string', default: Object.keys(GROUPS).join(',') },
    json: { type: 'string' },
  },
});
const only = values.only.split(',');
const unknown = only.find((name) => !(name in GROUPS));
if (unknown !== undefined) {
  throw new Error(`There is no group "${unknown}". Choose from ${Object.keys(GROUPS).join(', ')}`);
}
const directory = mkdtempSync(join(tmpdir(), 'webmacs-bench-'));
await chmod(directory, 0o711);
// For the records of imports.
process.env.XDG_DATA_HOME = directory;
const lease = await acquireServer(join(directory, 'server'));
const { host, port, user, database } = lease.connection;
const url = `postgresql://${user}@localhost:${port}/${database}?host=${encodeURIComponent(host)}`;
try {
  const figures: Figure[] = [];
  for (const [name, measure] of Object.entries(GROUPS).filter(([group]) => only.includes(group))) {
    console.error(`${name} …`);
    const measured = await measure({ url, directory, rows: Number(values.rows), runs: Number(values.runs) });
    console.error(measured.map(line).join('\n'));
    figures.push(...measured);
  }
  const about = await machine(url);
  console.log(
    `${Object.entries(about)
      .map(([key, value]) => `${key} ${value}`)
      .join(' · ')} · ${values.runs} runs\n`,
  );
  printFigures(figures);
  if (values.json !== undefined) {
    writeFileSync(
      values.json,
      `${JSON.stringify({ machine: about, rows: Number(values.rows), figures }, undefined, 2)}\n`,
    );
  }
} finally {
  await lease.release();
  rmSync(directory, { recursive: true, force: true });
}
