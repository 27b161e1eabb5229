import { readFileSync } from 'node:fs';
import type { Pool } from 'pg';

/** What the server's own database of a layout has, as it was read off one: `kind|table|…`, a line a fact. */
export function catalogueOf(layout: 'server-admin-flag' | 'server-roles'): string[] {
  return readFileSync(new URL(`catalog-${layout}.txt`, import.meta.url), 'utf8')
    .trim()
    .split('\n')
    .sort();
}

/** The same of a database, without the table of the server's migration tool. */
export async function factsOf(pool: Pool): Promise<string[]> {
  const { rows } = await pool.query<{ fact: string }>(
    `select concat_ws('|', 'col', table_name, column_name, format_type(atttypid, atttypmod),
            case when attnotnull then 'NOT NULL' else 'NULL' end, coalesce(pg_get_expr(adbin, adrelid), '-')) as fact
       from information_schema.columns c
       join pg_attribute a on attrelid = (table_schema || '.' || table_name)::regclass and attname = column_name
       left join pg_attrdef on adrelid = attrelid and adnum = attnum
      where table_schema = 'public' and table_name <> 'alembic_version'
     union all
     select concat_ws('|', 'con', conrelid::regclass, conname, pg_get_constraintdef(oid))
       from pg_constraint where connamespace = 'public'::regnamespace and conrelid <> coalesce(to_regclass('alembic_version'), 0)
     union all
     select concat_ws('|', 'idx', tablename, indexdef)
       from pg_indexes where schemaname = 'public' and tablename <> 'alembic_version'
     union all
     select concat_ws('|', 'enum', typname, string_agg(enumlabel, ',' order by enumsortorder))
       from pg_type t join pg_enum e on enumtypid = t.oid group by typname`,
  );
  return rows.map(({ fact }) => fact).sort();
}
