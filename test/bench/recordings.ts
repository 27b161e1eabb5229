import { databaseFor, withClient } from './database.ts';
import type { Settings } from './measure.ts';

export const EXPERIMENTS = 10;
const CHANNELS = 8;
/** The event of one datapoint in a hundred; the others are of `Channel 1` to `Channel 8` in turn. `Channel 9` has some at equal times. */
export const RARE = 'Rare';
/** Sixteen rows per second, from 2026-01-01 on. */
export const SECONDS_PER_ROW = 0.0625;

let made: Promise<string> | undefined;

/** A database with ten experiments `Run 1`, `Run 2` and so on, one after the other, of `rows` datapoints each. */
export async function recordings(settings: Settings): Promise<string> {
  made ??= recordingsIn(settings, 'bench_recordings', EXPERIMENTS);
  return await made;
}

/** Creates such a database of fewer experiments. */
export async function recordingsIn(settings: Settings, name: string, experiments: number): Promise<string> {
  const url = await databaseFor(settings, name);
  await withClient(url, async (client) => {
    await client.query(
      `insert into users (public_id, username, email, hashed_password) values ('u', 'bench', 'bench@x.y', '')`,
    );
    await client.query(
      `insert into events (public_id, name, unit, min_value, max_value, event_type, user_public_id)
         select gen_random_uuid(), name, '°C', 0, 100, 'sensor', 'u' from unnest($1::text[]) name`,
      [[RARE, ...Array.from({ length: CHANNELS + 1 }, (_, at) => `Channel ${at + 1}`)]],
    );
  });
  await record(url, { first: 1, experiments, rows: settings.rows, start: 0 });
  return url;
}

/** The experiments to add: their number and rows each, starting with `Run first` and the datapoint `start`. */
interface Recording {
  first: number;
  experiments: number;
  rows: number;
  start: number;
  /** Whether all ten events have datapoints at the same times. */
  together?: boolean;
}

/**
 * Adds experiments: rows first, over two connections, then indexes. This takes a third of the time, and the indexes are as
 * compact as those of a table filled in order.
 */
export async function record(url: string, ...recordings: Recording[]): Promise<void> {
  await withClient(url, async (client) => {
    const { rows: indexes } = await client.query<{ drop: string; restore: string }>(INDEXES);
    for (const { drop } of indexes) {
      await client.query(drop);
    }
    for (const recording of recordings) {
      const { first, experiments, rows, start } = recording;
      await client.query(
        `insert into experiments (public_id, name, user_public_id)
           select 'experiment-' || n, 'Run ' || n, 'u' from generate_series($1::int, $1::int + $2::int - 1) n`,
        [first, experiments],
      );
      const middle = start + Math.floor((experiments * rows) / 2);
      await Promise.all([
        insert(url, { ...recording, from: start, to: middle }),
        insert(url, { ...recording, from: middle, to: start + experiments * rows }),
      ]);
    }
    await client.query(`set maintenance_work_mem = '1GB'`);
    for (const { restore } of indexes) {
      await client.query(restore);
    }
    await client.query('vacuum analyze datapoints');
    await client.query('checkpoint');
  });
}

async function insert(url: string, at: Recording & { from: number; to: number }) {
  await withClient(url, async (client) => {
    // The keys of generated rows need no check.
    await client.query('set synchronous_commit = off; set session_replication_role = replica');
    await client.query(
      `insert into datapoints (public_id, value, timestamp, event_public_id, experiment_public_id)
         select lpad(to_hex(n), 8, '0') || '-0000-7000-8000-' || lpad(to_hex(n * 7919), 12, '0'),
                20 + 10 * sin(n / 1000.0) + random(),
                '2026-01-01'::timestamptz + (case when $7 then n - n % 10 else n end) * interval '${SECONDS_PER_ROW} s',
                channels[case when $7 then 1 + n % 10 when n % 100 = 0 then 1 else 2 + n % $1::int end], 'experiment-' || $2::bigint + (n - $4::bigint) / $3::int
           from generate_series($5::bigint, $6::bigint - 1) n, (select array_agg(public_id order by id) as channels from events)`,
      [CHANNELS, at.first, at.rows, at.start, at.from, at.to, at.together ?? false],
    );
  });
}

/** Statements to drop and restore the indexes of datapoints, including those of its keys. */
const INDEXES = `
  select format('alter table datapoints drop constraint %I', conname) as drop,
         format('alter table datapoints add constraint %I %s', conname, pg_get_constraintdef(oid)) as restore
    from pg_constraint where conrelid = 'datapoints'::regclass and contype in ('u', 'p')
  union all
  select format('drop index %I', indexrelid::regclass), pg_get_indexdef(indexrelid)
    from pg_index
   where indrelid = 'datapoints'::regclass and indexrelid not in (select conindid from pg_constraint where contype in ('u', 'p'))`;
