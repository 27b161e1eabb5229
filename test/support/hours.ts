import type { Pool } from 'pg';
import { certainHours, FIGURE_NAMES, FIGURES, HOURS, lockOfHours } from '../../src/database/hours.ts';
import { READ_ONLY } from '../../src/database/snapshot.ts';

/** How many hours are read from the aggregate, and in how many of their figures it differs from the datapoints. */
export interface Compared {
  hours: number;
  different: number;
}

const EXACT = FIGURE_NAMES.split(', ').filter((name) => !['mean', 'squares'].includes(name));
const ROUNDED = ['mean', 'squares'];

/** Compares all figures of the hours that are certain with those of their datapoints, as one transaction sees both. */
export async function comparedHours(pool: Pool): Promise<Compared> {
  const lock = await lockOfHours(pool);
  if (lock === '') {
    return { hours: 0, different: 0 };
  }
  const client = await pool.connect();
  try {
    await client.query(`begin isolation level ${READ_ONLY}`);
    await client.query(lock);
    const ranges = await certainHours(client, {});
    const isCertain = ranges.map(
      ({ from, to }) =>
        `d.timestamp >= to_timestamp(${from}::numeric / 1000000) and d.timestamp < to_timestamp(${to}::numeric / 1000000)`,
    );
    const where = isCertain.join(' or ') || 'false';
    const key = 'hour, event_public_id, experiment';
    const group = `date_trunc('hour', d.timestamp, 'UTC') as hour, event_public_id, coalesce(experiment_public_id, '') as experiment`;
    const different = [
      ...EXACT.map((name) => `a.${name} is distinct from b.${name}`),
      ...ROUNDED.map(
        (name) =>
          `coalesce(abs(a.${name} - b.${name}) > 1e-9 * (1 + abs(b.${name})), a.${name} is distinct from b.${name})`,
      ),
    ];
    const { rows } = await client.query<{ different: number }>(
      `with a as (select ${group}, ${FIGURE_NAMES} from ${HOURS} d where ${where}),
            b as (select ${group}, ${FIGURES} from datapoints d where ${where} group by 1, 2, 3)
       select count(*)::int as different from a full join b using (${key})
        where a.count is null or b.count is null or ${different.join(' or ')}`,
    );
    const hours = ranges.reduce((sum, { from, to }) => sum + Number(to - from) / 3.6e9, 0);
    return { hours, different: rows[0]?.different ?? -1 };
  } finally {
    await client.query('rollback');
    client.release();
  }
}
