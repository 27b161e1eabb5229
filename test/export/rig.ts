import { randomUUID } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import type { Pool } from 'pg';
import { copyTo } from '../../src/database/copy.ts';
import { literal } from '../../src/database/sql.ts';
import { anEvent, anExperiment, aUser } from '../support/site.ts';

/** An experiment with datapoints of several events. */
export interface Rig {
  experimentPublicId: string;
  eventPublicIds: string[];
}

/** `timestamp`, `value` and `publicId` are SQL expressions of `i`, the number of the datapoint from 0. */
export interface RigOptions {
  rows: number;
  timestamp?: string;
  value?: string;
  publicId?: string;
  eventNames?: string[];
  eventPublicIds?: string[];
  unit?: string;
}

/** Numbers of all kinds that a double can be. */
export const NUMBERS: RigOptions = {
  rows: 12,
  value: `(array['NaN', 'Infinity', '-Infinity', '-0', '1', '1e-5', '1e300', '0.1', '4.9e-324', '-123456.789',
    '0.30000000000000004', '12345678901234567890'])[1 + i]::float8`,
};

export async function aRig(pool: Pool, options: RigOptions): Promise<Rig> {
  const { publicId: owner } = await aUser({ pool });
  const { publicId: experiment } = await anExperiment({ pool }, { owner });
  const names = options.eventNames ?? ['temperature', 'pressure', 'flow'];
  const events: string[] = [];
  for (const [at, name] of names.entries()) {
    const { unit = '°C', eventPublicIds = [] } = options;
    const publicId = eventPublicIds[at] ?? randomUUID();
    events.push((await anEvent({ pool }, { name, unit, owner, publicId })).publicId);
  }
  await insertUnchecked(
    pool,
    `insert into datapoints (public_id, value, timestamp, event_public_id, experiment_public_id)
     select ${options.publicId ?? 'gen_random_uuid()'}, ${options.value ?? 'random() * 100'}, ${options.timestamp ?? SECONDS},
            ($1::varchar[])[1 + i % $2], $3
     from generate_series(0, $4::int - 1) as i`,
    [events, events.length, experiment, options.rows],
  );
  // An export is divided by the planner's statistics, which autovacuum would update at an unpredictable time.
  await pool.query('analyze datapoints');
  return { experimentPublicId: experiment, eventPublicIds: events };
}

/** Runs an insert that refers to existing rows without checking so for each row, which would take half of the time. */
async function insertUnchecked(pool: Pool, sql: string, values: unknown[]): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query('begin; set local session_replication_role = replica');
    await client.query(sql, values);
    await client.query('commit');
  } finally {
    client.release();
  }
}

const SECONDS = `timestamptz '2026-01-01 00:00:00.25+00' + i * interval '1 second'`;

/** Returns the expected export, byte for byte: one COPY in which the server does everything. */
export async function referenceCsv(
  pool: Pool,
  experimentPublicId: string,
  condition = 'true',
  format: 'fixed' | 'server' = 'fixed',
): Promise<Buffer> {
  const client = await pool.connect();
  try {
    await client.query(`SET timezone = 'UTC'; SET datestyle = 'ISO'; SET extra_float_digits = 1`);
    return await buffer(
      copyTo(
        client,
        `COPY (
          SELECT CASE
              WHEN d.timestamp NOT BETWEEN '0001-01-01' AND '9999-12-31' THEN d.timestamp::text
              WHEN ${literal(format)} = 'server' and date_trunc('second', d.timestamp) = d.timestamp
                THEN to_char(d.timestamp, 'YYYY-MM-DD"T"HH24:MI:SS') || '+00:00'
              ELSE to_char(d.timestamp, 'YYYY-MM-DD"T"HH24:MI:SS.US') || '+00:00'
            END AS timestamp,
            e.name AS event_name, e.public_id AS event_public_id, d.value, e.unit, d.public_id AS datapoint_public_id
          FROM datapoints d JOIN events e ON e.public_id = d.event_public_id
          WHERE d.experiment_public_id = ${literal(experimentPublicId)} AND ${condition}
          ORDER BY d.timestamp, d.id
        ) TO STDOUT (FORMAT csv, HEADER)`,
      ),
    );
  } finally {
    client.release(true);
  }
}
