import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { SHEET_ROWS } from '../../src/export/sheet-limit.ts';
import { PROGRAM } from '../support/paths.ts';
import {
  alternating,
  compareWith,
  type Figure,
  figure,
  isInstalled,
  type Measurement,
  type Settings,
  timed,
} from './measure.ts';
import { EXPERIMENTS, RARE, record, recordings, SECONDS_PER_ROW } from './recordings.ts';

/** Measures exports of one of ten experiments, plain and compressed, and of one ten times as large, in full and in part. */
export async function exportFigures(settings: Settings): Promise<Figure[]> {
  const { directory, rows, runs } = settings;
  const url = await recordings(settings);
  const ours = (name: string, ...more: string[]) => exported(url, 'Run 5', join(directory, `ours.${name}`), more);
  const whole = () => ours('csv');
  const size = rows.toLocaleString('en-US');
  const figures = [
    await compareWith(
      'psql',
      `export of ${size} datapoints, CSV`,
      '`psql \\copy` of the same query',
      runs,
      whole,
      () => copied(url, `'${join(directory, 'theirs.csv')}'`),
      { ratio: 0.6 },
    ),
  ];
  if (!figures[0]?.skipped) {
    await sameBytes(join(directory, 'ours.csv'), join(directory, 'theirs.csv'));
  }
  figures.push(
    await compareWith(
      'psql',
      `1-minute means of ${size} datapoints`,
      '`psql \\copy` with `date_bin` and a join of `events`',
      runs,
      () => ours('means.csv', '--every', '1min'),
      () => copied(url, `'${join(directory, 'theirs.means.csv')}'`, MEANS),
      { ratio: 0.5 },
    ),
  );
  for (const [suffix, program] of [
    ['csv.gz', 'gzip -1'],
    ['csv.zst', 'zstd -1 -q'],
  ] as const) {
    const what = `export of ${size} datapoints, .${suffix}`;
    const peer = `\`psql \\copy … to program '${program}'\``;
    const [name = ''] = program.split(' ');
    const file = join(directory, `theirs.${suffix}`);
    figures.push(
      (await isInstalled(name))
        ? await compareWith(
            'psql',
            what,
            peer,
            runs,
            () => ours(suffix),
            () => copied(url, `program '${program} > ${file}'`),
            { ratio: 0.6 },
          )
        : { what, peer, ours: [], theirs: [], skipped: `${name} is not installed` },
    );
  }
  return [...figures, ...(await binaryFigures(settings, url)), ...(await largeFigures(settings, url))];
}

/** Measures the formats that are no text; a sheet has about a million rows at most. */
async function binaryFigures({ directory, rows, runs }: Settings, url: string): Promise<Figure[]> {
  const size = rows.toLocaleString('en-US');
  const figures: Figure[] = [];
  for (const { what, suffix, more, ratio } of [
    { what: 'Parquet without ids', suffix: 'parquet', more: ['--no-ids'], ratio: 0.7 },
    { what: 'Parquet', suffix: 'parquet', more: [], ratio: 0.8 },
    { what: 'XLSX', suffix: 'xlsx', more: [], ratio: 1.6 },
  ].filter(({ suffix }) => suffix !== 'xlsx' || rows <= SHEET_ROWS)) {
    figures.push(
      await compareWith(
        'psql',
        `export of ${size} datapoints, ${what}`,
        '`psql \\copy` of the same query, CSV',
        runs,
        () => exported(url, 'Run 5', join(directory, `ours.${suffix}`), more),
        () => copied(url, `'${join(directory, 'theirs.csv')}'`),
        { ratio },
      ),
    );
  }
  return figures;
}

/** All ten events have datapoints at the same times. */
const TOGETHER = `Run ${EXPERIMENTS + 2}`;

/** One percent of a million rows takes no longer than starting the program: parts are measured on ten million. */
async function largeFigures({ directory, rows, runs }: Settings, url: string): Promise<Figure[]> {
  const large = EXPERIMENTS * rows;
  await record(
    url,
    { first: EXPERIMENTS + 1, experiments: 1, rows: large, start: large },
    { first: EXPERIMENTS + 2, experiments: 1, rows, start: 2 * large, together: true },
  );
  const ofLarge = (name: string, ...more: string[]) =>
    exported(url, `Run ${EXPERIMENTS + 1}`, join(directory, `ours.${name}`), more);
  const measured = await alternating(runs, {
    small: () => exported(url, 'Run 5', join(directory, 'ours.csv')),
    large: () => ofLarge('large.csv'),
    time: () => ofLarge('part.csv', '--from', moment(1.5 * large), '--to', moment(1.51 * large)),
    event: () => ofLarge('part.csv', '--event', RARE),
    means: () => ofLarge('part.csv', '--every', '1min'),
    largeWide: () => ofLarge('wide.csv', '--wide'),
    long: () => exported(url, TOGETHER, join(directory, 'ours.csv')),
    wide: () => exported(url, TOGETHER, join(directory, 'wide.csv'), ['--wide']),
  });
  const [small, all] = [rows, large].map((count) => count.toLocaleString('en-US'));
  const whole = 'the whole export';
  const { time, event, means, wide, long, largeWide } = measured;
  return [
    figure(`export of ${all} datapoints, CSV`, `${small} of them`, measured.large, measured.small, { ratio: 11 }),
    figure(`export of 1 % of ${all} datapoints by \`--from --to\``, whole, time, measured.large, { ratio: 0.03 }),
    figure(`export of 1 % of ${all} datapoints by \`--event\``, whole, event, measured.large, { ratio: 0.03 }),
    figure(`1-minute means of ${all} datapoints`, whole, means, measured.large, { ratio: 1 }),
    figure(`wide export of ${small} datapoints of 10 events`, 'the long export', wide, long, { ratio: 0.8 }),
    figure(`wide export of ${all} datapoints, each at its own time`, 'the long export', largeWide, measured.large, {
      ratio: 1,
    }),
  ];
}

function moment(row: number): string {
  return new Date(Date.UTC(2026, 0, 1) + row * SECONDS_PER_ROW * 1000).toISOString();
}

async function exported(url: string, experiment: string, file: string, more: string[] = []): Promise<Measurement> {
  const words = ['experiments', 'export', experiment, '-o', file, '--force', '-q', ...more];
  return await timed(process.execPath, [PROGRAM, ...words], { DATABASE_URL: url });
}

const QUERY = `select to_char(d.timestamp, 'YYYY-MM-DD"T"HH24:MI:SS.US') || '+00:00' as timestamp, e.name as event_name, e.public_id as event_public_id, d.value, e.unit, d.public_id as datapoint_public_id from datapoints d join events e on e.public_id = d.event_public_id where d.experiment_public_id = 'experiment-5' order by d.timestamp, d.id`;

const MEANS = `select date_bin('1 min', d.timestamp, '2000-01-01') as timestamp, e.name as event_name, e.public_id as event_public_id, e.unit, avg(d.value) as mean from datapoints d join events e on e.public_id = d.event_public_id where d.experiment_public_id = 'experiment-5' group by 1, 2, 3, 4 order by 1, 2`;

async function copied(url: string, to: string, query = QUERY): Promise<Measurement> {
  return await timed('psql', [
    url,
    '-qc',
    'set timezone to utc',
    '-c',
    `\\copy (${query}) to ${to} (format csv, header)`,
  ]);
}

async function sameBytes(...files: string[]): Promise<void> {
  const digests = await Promise.all(files.map(digest));
  if (new Set(digests).size > 1) {
    throw new Error(`The files differ: ${files.join(', ')}`);
  }
}

async function digest(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}
