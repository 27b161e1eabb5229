import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import pg from 'pg';
import { PROGRAM } from '../support/paths.ts';
import { compare, type Figure, isInstalled, type Settings, timed } from './measure.ts';

const EXPERIMENTS = 10;
const EVENTS = 8;

/** One experiment of many rows among ten, exported, against one `\copy` of the same query in the same order. */
export async function exportFigures({ url, directory, rows, runs }: Settings): Promise<Figure[]> {
  const what = `export of ${rows.toLocaleString('en-US')} datapoints, CSV`;
  const peer = '`psql \\copy` of the same query';
  if (!(await isInstalled('psql'))) {
    return [{ what, peer, ours: [], theirs: [], skipped: 'psql is not installed' }];
  }
  await timed(process.execPath, [PROGRAM, 'db', 'migrate'], { DATABASE_URL: url });
  await fill(url, rows);
  const mine = join(directory, 'ours.csv');
  const other = join(directory, 'theirs.csv');
  const figure = await compare(
    what,
    peer,
    runs,
    () =>
      timed(process.execPath, [PROGRAM, 'experiments', 'export', 'Run 5', '-o', mine, '--force', '-q'], {
        DATABASE_URL: url,
      }),
    () =>
      timed('psql', [url, '-qc', 'set timezone to utc', '-c', `\\copy (${QUERY}) to '${other}' (format csv, header)`]),
  );
  if ((await digest(mine)) !== (await digest(other))) {
    throw new Error('The two files differ');
  }
  return [figure];
}

const QUERY = `select replace(to_char(d.timestamp, 'YYYY-MM-DD"T"HH24:MI:SS.US'), '.000000', '') || '+00:00' as timestamp, e.name as event_name, e.public_id as event_public_id, d.value, e.unit, d.public_id as datapoint_public_id from datapoints d join events e on e.public_id = d.event_public_id where d.experiment_public_id = 'experiment-5' order by d.timestamp, d.id`;

async function fill(url: string, rows: number): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(`truncate users cascade`);
  await client.query(
    `insert into users (public_id, username, email, hashed_password) values ('u', 'bench', 'bench@x.y', '')`,
  );
  await client.query(
    `insert into events (public_id, name, unit, min_value, max_value, event_type, user_public_id)
       select gen_random_uuid(), 'Channel ' || n, '°C', 0, 100, 'sensor', 'u' from generate_series(1, $1::int) n`,
    [EVENTS],
  );
  await client.query(
    `insert into experiments (public_id, name, user_public_id) select 'experiment-' || n, 'Run ' || n, 'u' from generate_series(1, $1::int) n`,
    [EXPERIMENTS],
  );
  await client.query('alter table datapoints disable trigger all');
  await client.query(
    `insert into datapoints (public_id, value, timestamp, event_public_id, experiment_public_id)
       select gen_random_uuid(), 20 + 10 * sin(n / 1000.0) + random(),
              '2026-01-01'::timestamptz + n * interval '62.5 ms', e.public_id, 'experiment-' || 1 + n / $1::int
         from generate_series(0, $1::int * $2::int - 1) n
         join (select public_id, row_number() over (order by id) - 1 as at from events) e on e.at = n % $3::int`,
    [rows, EXPERIMENTS, EVENTS],
  );
  await client.query('alter table datapoints enable trigger all');
  await client.query('vacuum analyze datapoints');
  await client.end();
}

async function digest(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}
