import type { ClientBase, Pool } from 'pg';
import { identityOf } from '../../database/identity.ts';
import type { ImportRecord } from './record.ts';

/** What has become of an import. */
export type ImportState = 'imported' | 'undone' | 'not committed' | 'too old' | 'other database';

/**
 * The state of transactions. Of one that the server has forgotten, it only knows that it has ended; and after 2^31 others, an
 * `xmin` means another transaction.
 */
const STATES = `
  select xid, case when xid::xid8 >= pg_snapshot_xmax(pg_current_snapshot()) then 'not committed'
                   when coalesce(pg_xact_status(xid::xid8), 'committed') <> 'committed' then 'not committed'
                   when pg_snapshot_xmax(pg_current_snapshot())::text::numeric - xid::numeric >= 2147483648 then 'too old'
                   else 'imported' end as state
    from unnest($1::text[]) as xid`;

/** Returns the state of each import by its id. */
export async function statesOf(
  database: ClientBase | Pool,
  records: readonly ImportRecord[],
): Promise<Map<string, ImportState>> {
  const identity = await identityOf(database);
  const here = records.filter((record) => record.database_identity === identity);
  const xids = here.flatMap(({ xid, undo_xid: undoXid }) => (undoXid === null ? [xid] : [xid, undoXid]));
  const { rows } = await database.query<{ xid: string; state: ImportState }>(STATES, [xids]);
  const states = new Map(rows.map(({ xid, state }) => [xid, state]));
  return new Map(
    records.map((record) => {
      if (record.database_identity !== identity) {
        return [record.id, 'other database'];
      }
      const isUndone = record.undo_xid !== null && states.get(record.undo_xid) !== 'not committed';
      return [record.id, isUndone ? 'undone' : (states.get(record.xid) ?? 'not committed')];
    }),
  );
}
