import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { identifier } from '../../src/database/sql.ts';
import { makeHypertable } from '../support/hypertable.ts';
import { PROGRAM } from '../support/paths.ts';
import { databaseFor, withClient } from './database.ts';
import { compare, type Figure, type Measurement, type Settings, timed } from './measure.ts';

/** Forms of storage on other servers than that of the run. */
const SERVERS = { hypertable: 'WEBMACS_TEST_TIMESCALE_URL', distributed: 'WEBMACS_TEST_CITUS_URL' };

/**
 * Measures an import, an export, a prune of half, and the disk space of the datapoints of a year in other forms of storage,
 * against one table on the same server.
 */
export async function storageFigures(settings: Settings): Promise<Figure[]> {
  const figures = await figuresOf(settings, 'partitions', async (url) => {
    for (const step of ['partition', 'split']) {
      await webmacs(url, 'db', 'storage', step);
    }
  });
  const { hypertable } = SERVERS;
  const server = process.env[hypertable];
  figures.push(
    ...(server
      ? await figuresOf({ ...settings, url: server }, 'hypertable', async (url) => {
          const pool = new pg.Pool({ connectionString: url });
          await makeHypertable(pool);
          await pool.end();
        })
      : [skipped('hypertable', `${hypertable} is not set`)]),
  );
  return [...figures, skipped('distributed', 'The program does not distribute tables')];
}

function skipped(form: string, reason: string): Figure {
  return { what: `storage: ${form}`, peer: 'one table', ours: [], theirs: [], skipped: reason };
}

async function figuresOf(settings: Settings, form: string, convert: (url: string) => Promise<void>): Promise<Figure[]> {
  const { rows, runs, directory } = settings;
  const [ours, theirs] = [await recorded(settings, `bench_${form}`), await recorded(settings, 'bench_one_table')];
  await convert(ours);
  const total = rows.toLocaleString('en-US');
  const [file, output] = [join(directory, 'import.csv'), join(directory, 'export.csv')];
  const both = async (what: string, work: (url: string) => Promise<Measurement>, ratio: number) =>
    await compare(
      `${form}: ${what}`,
      'one table',
      runs,
      () => work(ours),
      () => work(theirs),
      { ratio },
    );
  const bytes = await Promise.all([ours, theirs].map(sizeOf));
  console.error(`${form}: ${bytes.map((size) => (size / rows).toFixed(0)).join(' bytes a row, one table: ')}`);
  let second = 0;
  const figures = [
    await both(
      `import of ${(rows / 10).toLocaleString('en-US')} datapoints`,
      async (url) => {
        // Other times in each run, for the same ones would be duplicates.
        second += 1;
        const from = Date.UTC(2026, 4, 2) + second;
        const lines = Array.from(
          { length: rows / 10 },
          (_, n) => `${new Date(from + n * 1000).toISOString()},Flow,${n}`,
        );
        writeFileSync(file, ['timestamp,event,value', ...lines, ''].join('\n'));
        return await webmacs(url, 'datapoints', 'import', file);
      },
      1.2,
    ),
    await both(
      `export of ${total} datapoints`,
      (url) => webmacs(url, 'experiments', 'export', 'Run', '-o', output, '--force'),
      1.2,
    ),
    await both(`prune of half of ${total} datapoints`, (url) => pruned(settings, url), 0.5),
  ];
  rmSync(output);
  return figures;
}

async function webmacs(url: string, ...words: string[]): Promise<Measurement> {
  return await timed(process.execPath, [PROGRAM, ...words, '-q'], { DATABASE_URL: url });
}

/** A database with one event, and one experiment whose datapoints are those of a year that ends now. */
async function recorded(settings: Settings, name: string): Promise<string> {
  const url = await databaseFor(settings, name);
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
  return url;
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

async function sizeOf(url: string): Promise<number> {
  return await withClient(url, async (client) => {
    const { rows } = await client.query<{ bytes: number }>(
      `select sum(pg_total_relation_size(relid))::float8 as bytes from pg_partition_tree('datapoints')
       where isleaf union all select pg_total_relation_size('datapoints')::float8`,
    );
    return Math.max(...rows.map(({ bytes }) => bytes ?? 0));
  });
}
