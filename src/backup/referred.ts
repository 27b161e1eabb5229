import type { ClientBase } from 'pg';
import { literal } from '../database/sql.ts';

/** What limits datapoints to rows that are known, as SQL over their row. */
export interface Referred {
  condition: string;
  /** The value of the column `experiment_public_id`. */
  experiment: string;
}

/**
 * Returns what limits datapoints on several servers to the events and experiments that a transaction sees. Where these servers are
 * not read at one moment, there may be datapoints of later ones, without which they could not be restored.
 */
export async function referredIn(client: ClientBase): Promise<Referred> {
  const { rows } = await client.query<{ events: string[]; experiments: string[] }>(
    'select array(select public_id from events) as events, array(select public_id from experiments) as experiments',
  );
  const { events = [], experiments = [] } = rows[0] ?? {};
  const isOf = (column: string, ids: readonly string[]) =>
    `${column} = any (array[${ids.map(literal).join(', ')}]::varchar[])`;
  return {
    condition: isOf('event_public_id', events),
    experiment: `case when ${isOf('experiment_public_id', experiments)} then experiment_public_id end`,
  };
}
