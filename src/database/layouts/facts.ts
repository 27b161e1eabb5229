import type { EntityManager } from '@mikro-orm/postgresql';
import { query } from '../query.ts';
import { withoutTrace } from '../schema/without-trace.ts';
import type { Layout } from './layouts.ts';
import { type ServerLayoutName, serverSchema } from './server-schema.ts';

/**
 * What the layout of the server wants and the database has not: columns with their types, indexes, foreign keys. What it
 * has besides, names, lengths and defaults are not looked at: they differ between the server's revisions.
 *
 * The wanted tables are made as temporary ones, seen through the same query, and rolled back.
 * @returns each as SQL would say it; an index as the statement that makes it beside a running server
 */
export async function missingFromServerLayout(em: EntityManager, layout: Layout): Promise<string[]> {
  const tables = layout.entities.map(({ meta }) => meta.tableName);
  const present = new Set(await factsOf(em, tables));
  const wanted = await withoutTrace(
    (work) => em.fork().transactional(work),
    async (inner) => {
      await query(inner, 'set local search_path = pg_temp');
      for (const statement of serverSchema(layout.name as ServerLayoutName)) {
        await query(inner, statement);
      }
      return await factsOf(inner, tables);
    },
  );
  return wanted.filter((fact) => !present.has(fact));
}

async function factsOf(em: EntityManager, tables: string[]): Promise<string[]> {
  const rows = await query<{ fact: string }>(
    em,
    `with t as (
       select c.oid, c.relname, position from unnest(string_to_array(?, ',')) with ordinality as wanted (name, position)
         join pg_class c on c.relname = name and pg_table_is_visible(c.oid) and relkind in ('r', 'p')
     )
     select fact from (
       select position, 1 as kind, attnum as at, concat_ws(' ', relname || '.' || attname,
         coalesce((select 'one of ' || string_agg(enumlabel, ', ' order by enumsortorder) from pg_enum where enumtypid = atttypid),
                  format_type(atttypid, null)), case when attnotnull then 'not null' end) as fact
         from t join pg_attribute a on a.attrelid = t.oid and attnum > 0 and not attisdropped
       union all
       select position, 2, 0, 'create ' || case when indisunique then 'unique ' else '' end || 'index concurrently on ' || relname || ' ('
         || (select string_agg(pg_get_indexdef(indexrelid, n, true), ', ' order by n) from generate_series(1, indnkeyatts) n) || ')'
         || coalesce(' where ' || pg_get_expr(indpred, indrelid), '')
         from t join pg_index i on i.indrelid = t.oid where indisvalid
       union all
       select position, 3, 0, relname || ' ' || regexp_replace(pg_get_constraintdef(k.oid), 'REFERENCES (\\w+\\.)', 'REFERENCES ')
         from t join pg_constraint k on k.conrelid = t.oid and contype = 'f'
     ) as facts order by position, kind, at, fact`,
    [tables.join(',')],
  );
  return rows.map(({ fact }) => fact);
}
