import { execFile } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { identifier } from '../../src/database/sql.ts';
import { onAllServers } from '../support/citus.ts';
import { PROGRAM } from '../support/paths.ts';
import { databaseFor, withClient } from './database.ts';
import { compare, type Figure, type Measurement, type Settings, timed } from './measure.ts';

interface Form {
  form: 'partitions' | 'hypertable' | 'compressed' | 'distributed';
  /** What converts one table into it. */
  steps: string[][];
  /** With the connection string of another server than that of the run, which has the extension. */
  variable?: string;
  /** What a policy of the server would do later. */
  later?: string;
}

/** Those of TimescaleDB use the database, which nobody may while it is copied. */
const WITHOUT_WORKERS = 'select _timescaledb_functions.stop_background_workers()';

const FORMS: Form[] = [
  { form: 'partitions', steps: [['partition', '--every', 'week'], ['split']] },
  { form: 'hypertable', steps: [['timescale']], variable: 'WEBMACS_TEST_TIMESCALE_URL', later: WITHOUT_WORKERS },
  {
    form: 'compressed',
    steps: [['timescale', '--compress-after', '1d']],
    variable: 'WEBMACS_TEST_TIMESCALE_URL',
    later: `${WITHOUT_WORKERS};
            select remove_compression_policy('datapoints'); select compress_chunk(chunk, true) from show_chunks('datapoints') chunk`,
  },
  { form: 'distributed', steps: [['citus', '--shards', '8']], variable: 'WEBMACS_TEST_CITUS_URL' },
];

/**
 * Measures an import, an export, a prune of half, and the disk space of the datapoints of a year in other forms of storage,
 * against one table on the same server.
 */
export async function storageFigures(settings: Settings): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const form of FORMS) {
    const url = form.variable === undefined ? settings.url : process.env[form.variable];
    figures.push(
      ...(url
        ? await figuresOf({ ...settings, url }, form)
        : [skippedFigure(form.form, `${form.variable} is not set`)]),
    );
  }
  return figures;
}

function skippedFigure(what: string, reason: string): Figure {
  return { what, peer: 'one table', ours: [], theirs: [], skipped: reason };
}

async function figuresOf(settings: Settings, { form, steps, later }: Form): Promise<Figure[]> {
  const { rows, runs, directory } = settings;
  await using ours = await recorded(settings, `bench_${form}`, form === 'distributed');
  await using theirs = await recorded(settings, 'bench_one_table');
  for (const step of steps) {
    await webmacs(ours.url, 'db', 'storage', ...step);
  }
  const refused = await withClient(
    ours.url,
    async (client) => await client.query(later ?? '').then(() => '', messageOf),
  );
  if (refused) {
    return [skippedFigure(form, refused)];
  }
  const bytes = (await Promise.all([ours, theirs].map(sizeOf))).map((size) => (size / rows).toFixed(0));
  const total = `${rows.toLocaleString('en-US')} datapoints`;
  const [file, output] = [join(directory, 'import.csv'), join(directory, 'export.csv')];
  const both = async (what: string, work: (url: string) => Promise<Measurement>, ratio: number) =>
    await compare(
      `${form}: ${what}`,
      'one table',
      runs,
      () => work(ours.url),
      () => work(theirs.url),
      { ratio },
    );
  let second = 0;
  const imported = await both(
    `import of ${(rows / 10).toLocaleString('en-US')} datapoints`,
    async (url) => {
      // Other times in each run, for the same ones would be duplicates.
      second += 1;
      const from = Date.UTC(2026, 4, 2) + second;
      const lines = Array.from({ length: rows / 10 }, (_, n) => `${new Date(from + n * 1000).toISOString()},Flow,${n}`);
      writeFileSync(file, ['timestamp,event,value', ...lines, ''].join('\n'));
      return await webmacs(url, 'datapoints', 'import', file);
    },
    1.2,
  );
  const exported = await both(
    `export of ${total}, ${bytes[0]} bytes each, in one table ${bytes[1]}`,
    (url) => webmacs(url, 'experiments', 'export', 'Run', '-o', output, '--force'),
    1.2,
  );
  rmSync(output);
  const prune = `prune of half of ${total}`;
  return [
    imported,
    exported,
    form === 'distributed'
      ? skippedFigure(`${form}: ${prune}`, 'the database of several servers cannot be copied for each run')
      : await both(prune, (url) => pruned(settings, url), 0.5),
  ];
}

/** A licence of TimescaleDB does not include all of it. */
function messageOf(error: Error & { code?: string }): string {
  if (error.code !== '0A000') {
    throw error;
  }
  return error.message;
}

async function webmacs(url: string, ...words: string[]): Promise<Measurement> {
  return await timed(process.execPath, [PROGRAM, ...words, '-q'], { DATABASE_URL: url });
}

/**
 * A database with one event, and one experiment whose datapoints are those of a year that ends now.
 * @param isSpread whether Citus is to know its workers there
 */
async function recorded(settings: Settings, name: string, isSpread = false): Promise<Temporary> {
  const database = await temporary(settings, name);
  const recorded = isSpread ? await onAllServers(settings.url, database) : database;
  const { url } = recorded;
  await webmacs(url, 'db', 'migrate');
  await withClient(url, async (client) => {
    await client.query(`
      insert into users (public_id, username, email, hashed_password) values ('u', 'bench', 'bench@x.y', '');
      insert into events (public_id, name, unit, min_value, max_value, event_type, user_public_id)
        values ('e', 'Flow', '°C', 0, 100, 'sensor', 'u');
      insert into experiments (public_id, name, user_public_id) values ('x', 'Run', 'u')`);
    await client.query(
      `insert into datapoints (public_id, value, timestamp, event_public_id, experiment_public_id)
       select gen_random_uuid(), 20 + 10 * sin(n / 1000.0), now() - n * interval '365 days' / $1::int, 'e', 'x'
         from generate_series($1::int, 1, -1) n`,
      [settings.rows],
    );
    await client.query('vacuum analyze datapoints');
  });
  return recorded;
}

type Temporary = { url: string; pool: pg.Pool } & AsyncDisposable;

/** An empty database, which is dropped at the end: the server may be that of others. */
async function temporary(settings: Settings, name: string): Promise<Temporary> {
  const url = await databaseFor(settings, name, false);
  const pool = new pg.Pool({ connectionString: url });
  return {
    ...{ url, pool },
    async [Symbol.asyncDispose]() {
      await pool.end();
      await withClient(settings.url, async (client) => {
        for (const each of [name, `${name}_copy`]) {
          await client.query(`drop database if exists ${identifier(each)} with (force)`);
        }
      });
    },
  };
}

/** Prunes a copy of a database. */
async function pruned(settings: Settings, url: string): Promise<Measurement> {
  const name = new URL(url).pathname.slice(1);
  const copy = new URL(url);
  copy.pathname = `${name}_copy`;
  await withClient(settings.url, async (client) => {
    await client.query(`drop database if exists ${identifier(`${name}_copy`)} with (force)`);
    await client.query(`create database ${identifier(`${name}_copy`)} template ${identifier(name)}`);
  });
  return await webmacs(copy.href, 'datapoints', 'prune', '--older-than', '183d');
}

async function sizeOf({ url }: { url: string }): Promise<number> {
  const options = { env: { ...process.env, DATABASE_URL: url } };
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [PROGRAM, 'db', 'storage', 'status', '--json'],
    options,
  );
  return JSON.parse(stdout).size_bytes;
}
