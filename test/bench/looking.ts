import { join } from 'node:path';
import { Database } from '../../src/database/database.ts';
import { targetFromUrl } from '../../src/database/target.ts';
import { figuresOf } from '../../src/series/figures.ts';
import { summarise } from '../../src/series/summary.ts';
import { PROGRAM } from '../support/paths.ts';
import { alternating, compareWith, type Figure, figure, type Measurement, type Settings, timed } from './measure.ts';
import { recordingsIn } from './recordings.ts';

/**
 * Measures summaries of one of two experiments against a count of its rows, within one process: `count(value)` reads the rows, as a
 * summary has to; `count(*)` reads only an index, where the table has been vacuumed.
 */
export async function lookingFigures(settings: Settings): Promise<Figure[]> {
  const { rows, runs } = settings;
  const url = await recordingsIn(settings, 'bench_looking', 2);
  await using database = await Database.open(targetFromUrl(url), { entities: [] });
  const { pool } = database;
  const request = { experimentPublicId: 'experiment-1' };
  const { signal } = new AbortController();
  const count = (what: string) => `select count(${what}) from datapoints where experiment_public_id = 'experiment-1'`;
  const measured = await alternating(runs, {
    reading: () => seconds(() => pool.query(count('value'))),
    index: () => seconds(() => pool.query(count('*'))),
    figures: () => seconds(() => figuresOf(pool, request)),
    card: () => seconds(() => summarise(pool, request, { signal })),
  });
  const report = join(settings.directory, 'run.html');
  const of = `${rows.toLocaleString('en-US')} datapoints`;
  return [
    figure(`figures of ${of}`, '`count(value)`', measured.figures, measured.reading, { ratio: 3 }),
    figure(`figures of ${of}`, '`count(*)` by index', measured.figures, measured.index, { ratio: 3 }),
    figure(`summary of ${of}`, '`count(value)`', measured.card, measured.reading, { ratio: 8 }),
    figure(`summary of ${of}`, '`count(*)` by index', measured.card, measured.index, { ratio: 8 }),
    await compareWith(
      'psql',
      `\`experiments summary\` of ${of}`,
      '`psql -c` of `count(value)`',
      runs,
      () => timed(process.execPath, [PROGRAM, 'experiments', 'summary', 'Run 1', '--json'], { DATABASE_URL: url }),
      () => timed('psql', [url, '-Atc', count('value')]),
      { ratio: 8 },
    ),
    await compareWith(
      'psql',
      `\`experiments report\` of ${of}`,
      '`psql -c` of `count(value)`',
      runs,
      () =>
        timed(process.execPath, [PROGRAM, 'experiments', 'report', 'Run 1', '-o', report, '--force'], {
          DATABASE_URL: url,
        }),
      () => timed('psql', [url, '-Atc', count('value')]),
      { ratio: 12 },
    ),
  ];
}

async function seconds(work: () => Promise<unknown>): Promise<Measurement> {
  const started = performance.now();
  await work();
  return { seconds: (performance.now() - started) / 1000, memory: 0 };
}
