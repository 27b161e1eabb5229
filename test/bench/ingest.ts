import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { identifier } from '../../src/database/sql.ts';
import { narrowed, readInOrder } from '../../src/ingest/duplicate-rows.ts';
import { PROGRAM } from '../support/paths.ts';
import { databaseFor, withClient } from './database.ts';
import { alternating, type Figure, figure, isInstalled, type Measurement, type Settings, timed } from './measure.ts';

const EVENTS = 10;

/**
 * Measures the import of a file in long and in wide form, and with local times, into an empty table, and the check for duplicates: in the same table
 * with rows before the file's, which needs no check, with rows between them, and with the same ones.
 */
export async function ingestFigures(settings: Settings): Promise<Figure[]> {
  const { directory, rows, runs } = settings;
  const url = await databaseFor(settings, 'bench_ingest');
  const long = join(directory, 'long.csv');
  const wide = join(directory, 'wide.csv');
  await pipeline(Readable.from(longRows(rows)), createWriteStream(long));
  const dayFirst = join(directory, 'day-first.csv');
  await pipeline(Readable.from(wideRows(rows / EVENTS)), createWriteStream(wide));
  await pipeline(Readable.from(dayFirstRows(rows)), createWriteStream(dayFirst));
  await withClient(url, async (client) => {
    await client.query(
      `insert into users (public_id, username, email, hashed_password) values ('u', 'bench', 'bench@x.y', '')`,
    );
    await client.query(
      `insert into events (public_id, name, unit, min_value, max_value, event_type, user_public_id)
         select gen_random_uuid(), 'Channel ' || n, '°C', 0, 100, 'sensor', 'u' from generate_series(0, $1::int - 1) n`,
      [EVENTS],
    );
    await client.query(
      `insert into experiments (public_id, name, user_public_id) values (gen_random_uuid(), 'Run', 'u')`,
    );
  });
  const imports = async (database: string, file: string, ...more: string[]): Promise<Measurement> => {
    const words = ['datapoints', 'import', file, '--experiment', 'Run', '-q', ...more];
    return await timed(process.execPath, [PROGRAM, ...words], { DATABASE_URL: database });
  };
  const imported = async (file: string, ...more: string[]): Promise<Measurement> => {
    await emptyTable(url);
    return await imports(url, file, ...more);
  };
  const filled = new Map<string, string>();
  for (const [name, shift] of Object.entries({ earlier: '-1 year', between: '250 ms', same: '0' })) {
    filled.set(name, await clone(settings, 'bench_ingest', `bench_ingest_${name}`));
    await fillTable(filled.get(name) ?? '', rows, shift);
  }
  /** Into a copy of a table that has as many rows. */
  const among =
    (name: 'earlier' | 'between' | 'same', file: string, ...more: string[]) =>
    async (): Promise<Measurement> =>
      await imports(await clone(settings, `bench_ingest_${name}`, 'bench_ingest_copy'), file, ...more);
  const theirs = async () => {
    await emptyTable(url);
    return await timed('psql', [url, '-q1', ...PEER(long).flatMap((command) => ['-c', command])]);
  };
  const size = rows.toLocaleString('en-US');
  const what = `import of ${size} rows, long form`;
  const peer = '`psql \\copy` into a staging table and INSERT … SELECT';
  const installed = await isInstalled('psql');
  const measured = await alternating(runs, {
    long: () => imported(long),
    wide: () => imported(wide),
    dayFirst: () => imported(dayFirst, '--timezone', 'Europe/Berlin'),
    after: among('earlier', long),
    between: among('between', long),
    check: () => checked(settings, 'bench_ingest_copy'),
    afterWide: among('earlier', wide),
    betweenWide: among('between', wide),
    twice: among('same', long, '--on-duplicate', 'skip'),
    twiceWide: among('same', wide, '--on-duplicate', 'skip'),
    theirs: installed ? theirs : async () => ({ seconds: Number.NaN, memory: 0 }),
  });
  const figures = [
    installed
      ? figure(what, peer, measured.long, measured.theirs, { ratio: 0.45 })
      : { what, peer, ours: [], theirs: [], skipped: 'psql is not installed' },
    figure(`import of ${size} values, wide form`, 'the same rows in long form', measured.wide, measured.long, {
      ratio: 0.8,
    }),
    figure(
      `${what}, with local times such as 31.01.2026 13:45:00.500`,
      'with ISO 8601',
      measured.dayFirst,
      measured.long,
      {
        ratio: 1.3,
      },
    ),
    figure(`${what}, between as many of the same events`, 'after them', measured.between, measured.after, {
      ratio: 1.2,
    }),
    figure('the same in wide form', 'after them', measured.betweenWide, measured.afterWide, { ratio: 1.2 }),
    figure(
      'the check for duplicates of that import in long form alone',
      'the import',
      measured.check,
      measured.between,
      {
        ratio: 0.15,
      },
    ),
    figure(`${what}, all there already, --on-duplicate skip`, 'after them', measured.twice, measured.after, {
      ratio: 2,
    }),
    figure('the same in wide form', 'after them', measured.twiceWide, measured.afterWide, { ratio: 2 }),
  ];
  const stored = await withClient(url, (client) => client.query('select count(*)::int as rows from datapoints'));
  if (stored.rows[0]?.rows !== rows) {
    throw new Error(`${stored.rows[0]?.rows} rows were imported, not ${rows}`);
  }
  return figures;
}

const PEER = (file: string) => [
  'create temp table staging (timestamp timestamptz, event text, value float8)',
  `\\copy staging from '${file}' (format csv, header)`,
  `insert into datapoints (public_id, value, timestamp, event_public_id, experiment_public_id)
     select gen_random_uuid(), s.value, s.timestamp, e.public_id, x.public_id
       from staging s join events e on e.name = s.event cross join experiments x where x.name = 'Run'`,
];

/** Also writes a checkpoint, so that the work left by one run does not slow down the next. */
async function emptyTable(url: string): Promise<void> {
  await withClient(url, async (client) => {
    await client.query('truncate datapoints');
    await client.query('checkpoint');
  });
}

/** Copies a database by its files, which writes a checkpoint, too. */
async function clone({ url }: Settings, from: string, to: string): Promise<string> {
  await withClient(url, async (client) => {
    await client.query(`drop database if exists ${identifier(to)} with (force)`);
    await client.query(`create database ${identifier(to)} template ${identifier(from)} strategy file_copy`);
  });
  const own = new URL(url);
  own.pathname = to;
  return own.href;
}

/** Reads what the check for duplicates reads of a table after an import; the rest of what it adds to one is the insertion between rows. */
async function checked({ url }: Settings, database: string): Promise<Measurement> {
  const own = new URL(url);
  own.pathname = database;
  return await withClient(own.href, async (client) => {
    const { rows: events } = await client.query('select public_id as "publicId", name from events');
    await client.query('begin');
    await readInOrder(client);
    const started = performance.now();
    for (const event of events) {
      await narrowed(client, { event, first: '2026-01-01', last: '2027-01-01' });
    }
    return { seconds: (performance.now() - started) / 1000, memory: 0 };
  });
}

/** Writes rows of all events every half second, as the files have them, but shifted by an interval. */
async function fillTable(url: string, rows: number, shift: string): Promise<void> {
  await withClient(url, async (client) => {
    await client.query('set session_replication_role = replica');
    await client.query(
      `insert into datapoints (public_id, value, timestamp, event_public_id)
         select gen_random_uuid(), 1, timestamptz '2026-01-01T00:00:00Z' + n * interval '500 ms' + $2::interval, public_id
           from generate_series(0, $1::int - 1) n, events`,
      [rows / EVENTS, shift],
    );
    await client.query('vacuum analyze datapoints');
  });
}

function* longRows(rows: number): Generator<string> {
  yield 'timestamp,event,value\n';
  for (let row = 0; row < rows; row++) {
    yield `${momentOf(Math.floor(row / EVENTS))},Channel ${row % EVENTS},${measured(row)}\n`;
  }
}

function* dayFirstRows(rows: number): Generator<string> {
  yield 'time;event;value\n';
  for (let row = 0; row < rows; row++) {
    const moment = momentOf(Math.floor(row / EVENTS));
    const [date = '', time = ''] = moment.slice(0, -1).split('T');
    yield `${date.split('-').reverse().join('.')} ${time};Channel ${row % EVENTS};${measured(row)}\n`;
  }
}

function* wideRows(rows: number): Generator<string> {
  const channels = Array.from({ length: EVENTS }, (_, channel) => channel);
  yield `timestamp,${channels.map((channel) => `Channel ${channel}`).join(',')}\n`;
  for (let row = 0; row < rows; row++) {
    yield `${momentOf(row)},${channels.map((channel) => measured(row * EVENTS + channel)).join(',')}\n`;
  }
}

function momentOf(row: number): string {
  return new Date(Date.UTC(2026, 0, 1) + row * 500).toISOString();
}

function measured(row: number): string {
  return (20 + 10 * Math.sin(row / 1000) + (row % 7) / 100).toFixed(5);
}
