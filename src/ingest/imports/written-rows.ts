import type { ClientBase } from 'pg';
import { STORAGE_FORM } from '../../database/layouts/storage-form.ts';

/** What identifies the rows that a transaction has inserted into `datapoints`. */
export interface WrittenRows {
  /** The 64-bit id of the transaction. */
  xid: string;
  /** Their ids are from `lowest` to `highest`; undefined if they can be any. */
  ids: { lowest: string; highest: string } | undefined;
  /** Where Citus stores datapoints, the ids of its transactions on the servers that have them. */
  xids: readonly EventXid[] | undefined;
}

/** The id of the transaction that has inserted the rows of an event, on the server that has them. */
export interface EventXid {
  event_public_id: string;
  xid: string;
}

/** The sequence that gives the ids. */
interface Sequence {
  oid: number;
  ascending: boolean;
  /** Whether sessions keep numbers for later, so that a low one may come after a high one. */
  cached: boolean;
  min: string;
  max: string;
  /** The last number that was given out; null if none was. */
  last: string | null;
}

/** The sequence of an identity column or of a plain `nextval` as the default, if its numbers only rise or only fall. */
const SEQUENCE = `
  select seqrelid as oid, seqincrement > 0 as ascending, seqcache > 1 as cached, seqmin::text as min, seqmax::text as max,
         pg_sequence_last_value(seqrelid)::text as last
    from pg_attribute a
    left join pg_attrdef f on adrelid = attrelid and adnum = attnum
    join pg_depend d on attidentity <> '' and d.classid = 'pg_class'::regclass and d.refobjid = attrelid
                        and d.refobjsubid = attnum and d.deptype = 'i'
                     or d.classid = 'pg_attrdef'::regclass and d.objid = f.oid and d.refclassid = 'pg_class'::regclass
                        and pg_get_expr(adbin, adrelid) ~ '^nextval\\(''[^'']*''::regclass\\)$'
    join pg_sequence on seqrelid = case when attidentity = '' then d.refobjid else d.objid end
   where attrelid = 'datapoints'::regclass and attname = 'id' and not seqcycle
     and has_sequence_privilege(seqrelid, 'select, usage')`;

/**
 * Starts to trace what the client's transaction inserts into `datapoints`. To search the rows by `xmin` alone would read the
 * whole table, so the ids are bounded by what their sequence gives out meanwhile.
 * @returns a function to call after the last row
 */
export async function traceRows(client: ClientBase): Promise<() => Promise<WrittenRows>> {
  const { rows } = await client.query<Sequence>(SEQUENCE);
  const [sequence] = rows;
  if (sequence?.cached) {
    // The connection may have numbers from before.
    await client.query('discard sequences');
  }
  return async () => {
    const { rows } = await client.query<{ xid: string; last: string | null; distributed: boolean }>(
      `select pg_current_xact_id()::text as xid, ${sequence ? 'pg_sequence_last_value($1)::text' : '$1::oid'} as last,
              ${STORAGE_FORM} = 'distributed' as distributed
         from pg_class c where oid = 'datapoints'::regclass`,
      [sequence?.oid ?? null],
    );
    const [{ xid, last, distributed } = { xid: '', last: null, distributed: false }] = rows;
    const ids = sequence && last !== null ? between(sequence, last) : undefined;
    return { xid, ids, xids: distributed ? await xidsOf(client, ids) : undefined };
  };
}

/** Asks each server for the rows that its part of this transaction has inserted. */
async function xidsOf(client: ClientBase, ids: WrittenRows['ids']): Promise<EventXid[]> {
  const { rows } = await client.query<EventXid>(
    `select distinct event_public_id, pg_current_xact_id_if_assigned()::text as xid from datapoints
      where xmin = pg_current_xact_id_if_assigned()::xid ${ids ? `and id between ${ids.lowest} and ${ids.highest}` : ''}`,
  );
  return rows;
}

function between({ ascending, min, max, last }: Sequence, end: string): WrittenRows['ids'] {
  const next = (step: bigint) => (last === null ? undefined : String(BigInt(last) + step));
  return ascending ? { lowest: next(1n) ?? min, highest: end } : { lowest: end, highest: next(-1n) ?? max };
}
