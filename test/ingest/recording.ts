import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import type { Pool } from 'pg';
import { type ImportSummary, importDatapoints } from '../../src/ingest/import-datapoints.ts';
import type { ImportRequest } from '../../src/ingest/import-request.ts';
import { type FreshDatabase, freshDatabase } from '../support/database.ts';

/** A database with an admin, some events and an experiment. */
export interface Laboratory extends AsyncDisposable {
  pool: Pool;
  url: string;
  events: { publicId: string; name: string }[];
  experimentPublicId: string;
}

export const EVENT_NAMES = ['temperature', 'pressure', 'Durchfluss "ä"', 'two\nlines', 'a,b'];

export async function aLaboratory(): Promise<Laboratory> {
  const database: FreshDatabase = await freshDatabase();
  const { pool, url } = database;
  const [owner, experimentPublicId] = [randomUUID(), randomUUID()];
  await pool.query(
    `insert into users (public_id, username, email, hashed_password) values ($1, 'ada', 'ada@x.org', '')`,
    [owner],
  );
  const events = EVENT_NAMES.map((name) => ({ publicId: randomUUID() as string, name }));
  for (const event of events) {
    await pool.query(
      `insert into events (public_id, name, unit, min_value, max_value, event_type, user_public_id)
       values ($1, $2, 'C', 0, 100, 'sensor', $3)`,
      [event.publicId, event.name, owner],
    );
  }
  await pool.query(`insert into experiments (public_id, name, user_public_id) values ($1, 'trial', $2)`, [
    experimentPublicId,
    owner,
  ]);
  return { pool, url, events, experimentPublicId, [Symbol.asyncDispose]: () => database[Symbol.asyncDispose]() };
}

/** Imports text, or bytes in pieces as given. */
export async function importText(
  laboratory: Laboratory,
  text: string | Buffer[],
  request: Partial<ImportRequest> = {},
): Promise<ImportSummary> {
  const pieces = typeof text === 'string' ? [Buffer.from(text)] : text;
  return await importDatapoints(laboratory.pool, Readable.from(pieces), { events: laboratory.events, ...request });
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
