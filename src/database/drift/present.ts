import type { EntityManager } from '@mikro-orm/postgresql';
import { CURRENT_SCHEMA } from '../current-schema.ts';
import { STORAGE_FORM } from '../layouts/storage-form.ts';
import { query } from '../query.ts';
import type { WantedForeignKey, WantedTable } from './wanted.ts';

/** The actual state of a table, read from the system catalogs alone, which every role may read. */
export interface PresentTable {
  name: string;
  kind: 'table' | 'view' | 'foreign table';
  /** Whether its rows are stored in other tables: partitions, chunks of a hypertable, children, shards. */
  partitioned: boolean;
  columns: PresentColumn[];
  indexes: PresentIndex[];
  checks: { name: string; columns: string[]; valid: boolean; definition: string }[];
  foreignKeys: PresentForeignKey[];
  /** User-defined ones, not those of foreign keys. */
  triggers: string[];
}

export interface PresentColumn {
  name: string;
  type: string;
  nullable: boolean;
  default: string | null;
  numbered: boolean;
  generated: boolean;
  values: string[] | null;
}

export interface PresentIndex {
  name: string;
  /** Its key columns; null stands for an expression. */
  columns: (string | null)[];
  unique: boolean;
  primary: boolean;
  valid: boolean;
  /** A B-tree over all rows in default order, which ordinary queries can use. */
  ordinary: boolean;
}

export interface PresentForeignKey extends Omit<WantedForeignKey, 'table'> {
  /** Null for a table of another schema. */
  table: string | null;
  valid: boolean;
  disabledTriggers: { table: string; name: string }[];
}

/** The actual state of some tables of a schema. */
export interface Present {
  tables: PresentTable[];
  /** Names that are already used, of the requested ones and those derived from them: a new relation needs another. */
  taken: string[];
}

const COLUMNS = `
  select json_build_object('name', attname, 'type', format_type(atttypid, atttypmod), 'nullable', not attnotnull,
      'default', pg_get_expr(adbin, adrelid), 'generated', attgenerated <> '',
      'numbered', attidentity <> '' or coalesce(pg_get_expr(adbin, adrelid) like 'nextval(%', false),
      'values', (select json_agg(enumlabel order by enumsortorder) from pg_enum where enumtypid = atttypid)) as item
    from pg_attribute left join pg_attrdef on adrelid = attrelid and adnum = attnum
   where attrelid = ours.oid and attnum > 0 and not attisdropped order by attnum`;

const INDEXES = `
  select json_build_object('name', c.relname, 'unique', indisunique and indimmediate and indpred is null,
      'primary', indisprimary, 'valid', indisvalid and indisready,
      'ordinary', amname = 'btree' and indpred is null and not exists (select from unnest(indoption::int2[]) as o where o <> 0)
        and not exists (select from unnest(indclass::oid[]) as class join pg_opclass p on p.oid = class where not opcdefault),
      'columns', (
        select json_agg(attname order by position)
          from unnest(indkey::int2[]) with ordinality as key (number, position)
          left join pg_attribute on attrelid = indrelid and attnum = number and number > 0
         where position <= indnkeyatts)) as item
    from pg_index join pg_class c on c.oid = indexrelid join pg_am a on a.oid = c.relam
   where indrelid = ours.oid order by c.relname`;

const CHECKS = `
  select json_build_object('name', conname, 'valid', convalidated, 'definition', pg_get_constraintdef(oid),
      'columns', array(select attname from pg_attribute where attrelid = conrelid and attnum = any (conkey))) as item
    from pg_constraint where conrelid = ours.oid and contype = 'c' order by conname`;

const FOREIGN_KEYS = `
  select json_build_object('name', conname, 'valid', convalidated,
      'columns', (select json_agg(attname order by position) from unnest(conkey) with ordinality as key (number, position)
                    join pg_attribute on attrelid = conrelid and attnum = number),
      'targets', (select json_agg(attname order by position) from unnest(confkey) with ordinality as key (number, position)
                    join pg_attribute on attrelid = confrelid and attnum = number),
      'table', (select relname from pg_class where pg_class.oid = confrelid and relnamespace = ${CURRENT_SCHEMA}),
      'onDelete', case confdeltype when 'c' then 'cascade' when 'n' then 'set null' when 'd' then 'set default'
                                   when 'r' then 'restrict' else 'no action' end,
      'disabledTriggers', array(
        select json_build_object('table', tgrelid::regclass, 'name', tgname) from pg_trigger
         where tgconstraint in (select k.oid union all select oid from pg_constraint where conparentid = k.oid)
           and tgenabled in ('D', 'R') order by tgrelid::regclass::text, tgname)) as item
    from pg_constraint k where conrelid = ours.oid and contype = 'f' order by conname`;

const TRIGGERS = `
  select to_json(tgname) as item from pg_trigger
   where tgrelid = ours.oid and not tgisinternal and tgname <> 'ts_insert_blocker' order by tgname`;

/** Reads the tables of the current schema with the names of the expected ones, in one query. */
export async function presentTables(em: EntityManager, wanted: readonly WantedTable[]): Promise<Present> {
  const names = wanted.flatMap(({ indexes, keys }) => [...indexes, ...keys].map(({ name }) => name));
  const list = (items: string) => `coalesce((select json_agg(item) from (${items}) as items), '[]'::json)`;
  const [row] = await query<{ found: Present }>(
    em,
    `select json_build_object(
       'taken', array(select relname from pg_class where relnamespace = ${CURRENT_SCHEMA}
                         and (relname = any (string_to_array(?, ',')) or relname ~ '_(old|key)[0-9]*$')),
       'tables', array(
         select json_build_object('name', relname,
                  'kind', case relkind when 'f' then 'foreign table' when 'v' then 'view' when 'm' then 'view' else 'table' end,
                  'partitioned', (select ${STORAGE_FORM} from pg_class c where c.oid = ours.oid) <> 'plain',
                  'columns', ${list(COLUMNS)}, 'indexes', ${list(INDEXES)}, 'checks', ${list(CHECKS)},
                  'foreignKeys', ${list(FOREIGN_KEYS)}, 'triggers', ${list(TRIGGERS)})
           from pg_class as ours
          where relnamespace = ${CURRENT_SCHEMA} and relname = any (string_to_array(?, ',')) and relkind in ('r', 'p', 'v', 'm', 'f')
       )) as found`,
    [names.join(','), wanted.map(({ name }) => name).join(',')],
  );
  return row?.found ?? { tables: [], taken: [] };
}
