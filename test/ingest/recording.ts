import { Readable } from 'node:stream';
import type { Pool } from 'pg';
import { type ImportOptions, type ImportSummary, importDatapoints } from '../../src/ingest/import-datapoints.ts';
import type { ImportRequest } from '../../src/ingest/import-request.ts';
import { type FreshDatabase, freshDatabase } from '../support/database.ts';
import { anEvent, anExperiment, aUser } from '../support/site.ts';

/** A database with an admin, some events and an experiment. */
export interface Laboratory extends AsyncDisposable {
  pool: Pool;
  url: string;
  events: { publicId: string; name: string }[];
  experimentPublicId: string;
}

export const EVENT_NAMES = ['temperature', 'pressure', 'Durchfluss "ä"', 'two\nlines', 'a,b'];

export async function aLaboratory(names: readonly string[] = EVENT_NAMES): Promise<Laboratory> {
  const database: FreshDatabase = await freshDatabase();
  const { pool, url } = database;
  const { publicId: owner } = await aUser({ pool });
  const events: Laboratory['events'] = [];
  for (const name of names) {
    events.push(await anEvent({ pool }, { name, owner }));
  }
  const { publicId: experimentPublicId } = await anExperiment({ pool }, { owner });
  return { pool, url, events, experimentPublicId, [Symbol.asyncDispose]: () => database[Symbol.asyncDispose]() };
}

/** Imports text, or bytes in pieces as given. */
export async function importText(
  laboratory: Laboratory,
  text: string | Buffer[],
  request: Partial<ImportRequest> = {},
  options: ImportOptions = {},
): Promise<ImportSummary> {
  const pieces = typeof text === 'string' ? [Buffer.from(text)] : text;
  return await importDatapoints(
    laboratory.pool,
    Readable.from(pieces),
    { events: laboratory.events, ...request },
    options,
  );
}

export interface StoredDatapoint {
  public_id: string;
  event: string;
  value: string;
  /** In UTC, as PostgreSQL writes it. */
  timestamp: string;
  experiment_public_id: string | null;
}

/** All datapoints in the order in which they were written. */
export async function stored(laboratory: Laboratory): Promise<StoredDatapoint[]> {
  const { rows } = await laboratory.pool.query<StoredDatapoint>(
    `select d.public_id, e.name as event, d.value::text, (d.timestamp at time zone 'UTC')::text as timestamp,
            d.experiment_public_id
       from datapoints d join events e on e.public_id = d.event_public_id order by d.id`,
  );
  return rows;
}

export async function count(laboratory: Laboratory): Promise<number> {
  return (
    (await laboratory.pool.query<{ rows: number }>('select count(*)::int as rows from datapoints')).rows[0]?.rows ?? -1
  );
}

/** Rows as `event value timestamp`, for short comparisons. */
export async function brief(laboratory: Laboratory): Promise<string[]> {
  return (await stored(laboratory)).map(({ event, value, timestamp }) => `${event} ${value} ${timestamp}`);
}

/** Rows as `event microseconds value`, in the order in which they were written. */
export async function instants({ pool }: Pick<Laboratory, 'pool'>): Promise<string[]> {
  const { rows } = await pool.query<{ row: string }>(
    `select concat_ws(' ', e.name, (extract(epoch from d.timestamp) * 1000000)::bigint, d.value) as row
       from datapoints d join events e on e.public_id = d.event_public_id order by d.id`,
  );
  return rows.map(({ row }) => row);
}

/** Imports text; of the summary, what is about duplicates. */
export async function importChecked(...given: Parameters<typeof importText>) {
  const { rows, duplicates, outOfRange, first, last } = await importText(...given);
  return { rows, ...duplicates, outOfRange, first, last };
}

/** A file in the long form, of `second event value`. */
export function csv(...rows: string[]): string {
  const lines = rows.map((row) => {
    const [second = '', event, value] = row.split(' ');
    return `2026-01-01T00:00:${second.padStart(2, '0')}Z,${event},${value}\n`;
  });
  return `timestamp,event,value\n${lines.join('')}`;
}
