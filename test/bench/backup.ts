import { statSync } from 'node:fs';
import { join } from 'node:path';
import { PROGRAM } from '../support/paths.ts';
import { databaseFor, withClient } from './database.ts';
import { alternating, type Figure, figure, type Measurement, type Settings, timed, versionOf } from './measure.ts';
import { recordingsIn } from './recordings.ts';

/** Measures a backup of datapoints, and restoring it, against pg_dump and pg_restore, in files of their own form. */
export async function backupFigures(settings: Settings): Promise<Figure[]> {
  const { directory, rows, runs } = settings;
  const url = await recordingsIn(settings, 'bench_backup', 1);
  const what = `${rows.toLocaleString('en-US')} datapoints`;
  const skipped = await whySkipped(url);
  if (skipped !== undefined) {
    const none = { ours: [], theirs: [], skipped };
    return [
      { what: `backup of ${what}`, peer: '`pg_dump -Fc`', ...none },
      { what: `restore of ${what}`, peer: '`pg_restore`', ...none },
    ];
  }
  const [ours, theirs] = [join(directory, 'ours.tar.zst'), join(directory, 'theirs.dump')];
  const run = async (database: string, ...words: string[]): Promise<Measurement> =>
    await timed(process.execPath, [PROGRAM, 'db', ...words, '-q'], { DATABASE_URL: database });
  const measured = await alternating(runs, {
    backup: () => run(url, 'backup', '-o', ours, '--force'),
    dump: () => timed('pg_dump', ['-Fc', '-f', theirs, url]),
    restore: async () => await run(await databaseFor(settings, 'bench_restored', false), 'restore', ours),
    pgRestore: async () =>
      await timed('pg_restore', ['-d', await databaseFor(settings, 'bench_pg_restored', false), theirs]),
  });
  const [size, theirSize] = [ours, theirs].map((file) => `${(statSync(file).size / 1e6).toFixed(1)} MB`);
  return [
    figure(
      `backup of ${what}, ${size}`,
      `\`pg_dump -Fc\`, ${theirSize}`,
      ...[measured.backup, measured.dump, { ratio: 0.6 }],
    ),
    figure(`restore of ${what}`, '`pg_restore`', measured.restore, measured.pgRestore, { ratio: 1 }),
  ];
}

/** pg_dump refuses a newer server than itself. */
async function whySkipped(url: string): Promise<string | undefined> {
  const installed = await versionOf('pg_dump');
  const wanted = await withClient(url, async (client) => {
    const { rows } = await client.query<{ server_version: string }>('show server_version');
    return Number.parseInt(rows[0]?.server_version ?? '', 10);
  });
  return installed !== undefined && installed >= wanted ? undefined : `pg_dump ${wanted} is not installed`;
}
