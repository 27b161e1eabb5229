import type { EntityManager } from '@mikro-orm/postgresql';
import { CURRENT_SCHEMA } from './current-schema.ts';
import { query } from './query.ts';

/** How much of the ids of a table is used, in percent; null if the role may not read the sequence. */
export interface IdUse {
  table: string;
  percent: number | null;
  /** The last id that was given out, as text; null if none was, or the role may not read it. */
  last: string | null;
  /** The greatest id that the sequence and the type of the column allow. */
  max: string;
  /** The statements that make the id a bigint: they rewrite the table, which is locked meanwhile. */
  widening: string[];
}

/** From this share on, `db check` fails. */
export const NEARLY_USED_PERCENT = 80;

/** Reads how far the sequences of the ids have come; tables whose ids have none are left out. */
export async function idUse(em: EntityManager, tables: readonly string[]): Promise<IdUse[]> {
  return await query<IdUse>(
    em,
    `select "table", last::text, max::text, round(100.0 * last / max, 2)::float8 as percent,
            array_remove(array[
              case when atttypid <> 'int8'::regtype then format('alter table %I alter column id type bigint', "table") end,
              case when seqtypid <> 'int8'::regtype and attidentity = '' then format('alter sequence %s as bigint', sequence) end
            ], null) as widening
       from (select t.relname as "table", a.atttypid, a.attidentity, q.seqtypid, s.oid::regclass as sequence,
                    case when not has_sequence_privilege(s.oid, 'select, usage') then null
                         else coalesce(pg_sequence_last_value(s.oid), 0) end as last,
                    least(q.seqmax, case a.atttypid when 'int2'::regtype then 32767
                                                    when 'int4'::regtype then 2147483647 else q.seqmax end) as max
               from pg_class t
               join pg_attribute a on a.attrelid = t.oid and a.attname = 'id'
               join pg_depend d on d.classid = 'pg_class'::regclass and d.refclassid = 'pg_class'::regclass
                               and d.refobjid = t.oid and d.refobjsubid = a.attnum and d.deptype in ('a', 'i')
               join pg_class s on s.oid = d.objid and s.relkind = 'S'
               join pg_sequence q on q.seqrelid = s.oid
              where t.relnamespace = ${CURRENT_SCHEMA} and t.relname = any (string_to_array(?, ','))) ids
      order by percent desc nulls last, "table"`,
    [tables.join(',')],
  );
}
