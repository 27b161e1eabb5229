import type { ClientBase } from 'pg';
import { COLUMN_SETTINGS, WIDE } from './widen-facts.ts';

interface Grant {
  privilege: string;
  to: string;
}

/** What a table has besides its columns, as SQL that makes it again. */
export interface TableFacts {
  table: string;
  schema: string;
  owner: string;
  /** `parent` is the index of the partitioned table that it is a partition of. */
  indexes: {
    name: string;
    definition: string;
    columns: string[];
    unique: boolean;
    primary: boolean;
    valid: boolean;
    parent: string | null;
    comment: string | null;
  }[];
  constraints: { name: string; definition: string; kind: string; valid: boolean; comment: string | null }[];
  /** With their type and what they must be; `settings` as actions of ALTER COLUMN. Generated ones cannot be written. */
  columns: { sql: string; type: string; generated: boolean; settings: string[] }[];
  /** Such as `fillfactor=70`, those that most partitions have; and the tablespace, if it is not the usual one. */
  options: string[];
  tablespace: string | null;
  /** Those of users; `state` as an action of ALTER TABLE. */
  triggers: { sql: string; definition: string; state: string; isUsual: boolean }[];
  /**
   * The sequence of the ids, if they have one; `identity` if the column owns it, `always` if it takes no other ids. Its `options` as
   * those of CREATE SEQUENCE.
   */
  sequence: {
    name: string;
    identity: boolean;
    always: boolean;
    options: string;
    grants: Grant[];
    comment: string | null;
  } | null;
  grants: Grant[];
  comment: string | null;
  /** Whether there is the second column of an interrupted widening of the ids. */
  isWidened: boolean;
  /** What a conversion would lose, besides triggers. */
  obstacles: string[];
  /** The privileges for a conversion that the role does not have. */
  lacking: string[];
}

/** Reads the facts of a table in the current schema. */
export async function tableFacts(client: ClientBase, table: string): Promise<TableFacts> {
  const { rows } = await client.query<{ facts: TableFacts }>(SQL, [table]);
  const [found] = rows;
  if (!found) {
    throw new Error(`The table ${table} does not exist`);
  }
  return found.facts;
}

/** The name of the check that a conversion adds for a while. */
export const BOUND_CHECK = 'datapoints_before_partitions';

/** The conversions that copy the rows, and the name of all that they add for a while: a table, a function, triggers. */
export const COPIES = {
  split: 'datapoints_split',
  plain: 'datapoints_plain',
  timescale: 'datapoints_timescale',
  citus: 'datapoints_citus',
} as const;

export type Copying = keyof typeof COPIES;

/** Returns SQL for whether a function belongs to TimescaleDB. */
export function isOfTimescale(oid: string): string {
  return `exists (select from pg_depend join pg_extension e on e.oid = refobjid
                   where classid = 'pg_proc'::regclass and objid = ${oid} and deptype = 'e' and extname = 'timescaledb')`;
}

/** Returns SQL for the privileges on a row of pg_class that others than its owner have. */
function grantsOf(row: string): string {
  return `(
      select coalesce(json_agg(json_build_object('privilege', privilege_type, 'to', concat(
               case grantee when 0 then 'public' else grantee::regrole::text end, case when is_grantable then ' with grant option' end))), '[]')
        from aclexplode(${row}.relacl) where grantee <> ${row}.relowner)`;
}

const SQL = `
  with this as (select c.* from pg_class c where oid = quote_ident($1)::regclass)
  select json_build_object(
    'table', relname,
    'schema', relnamespace::regnamespace::text,
    'owner', relowner::regrole::text,
    'comment', obj_description(this.oid, 'pg_class'),
    'indexes', (
      select coalesce(json_agg(json_build_object('name', relname, 'definition', pg_get_indexdef(indexrelid), 'unique', indisunique,
               'primary', indisprimary, 'valid', indisvalid, 'comment', obj_description(indexrelid, 'pg_class'),
               'parent', (select relname from pg_inherits join pg_class p on p.oid = inhparent where inhrelid = indexrelid), 'columns', array(
                 select attname from unnest(indkey) with ordinality k (attnum, place) left join pg_attribute a
                     on attrelid = indrelid and a.attnum = k.attnum where place <= indnkeyatts order by place)) order by relname), '[]')
        from pg_index join pg_class i on i.oid = indexrelid where indrelid = this.oid),
    'constraints', (
      select coalesce(json_agg(json_build_object('name', conname, 'definition', pg_get_constraintdef(c.oid), 'kind', contype,
               'valid', convalidated, 'comment', obj_description(c.oid, 'pg_constraint')) order by conname), '[]')
        from pg_constraint c where conrelid = this.oid),
    'sequence', (
      select json_build_object('name', s.oid::regclass::text, 'identity', deptype = 'i', 'always', attidentity = 'a', 'grants', ${grantsOf('s')},
               'comment', obj_description(s.oid, 'pg_class'), 'options', format('as %s increment by %s minvalue %s maxvalue %s start with %s cache %s %s cycle',
                 seqtypid::regtype, seqincrement, seqmin, seqmax, seqstart, seqcache, case when not seqcycle then 'no' end))
        from pg_depend d join pg_class s on s.oid = d.objid and s.relkind = 'S' join pg_sequence on seqrelid = s.oid
        join pg_attribute a on attrelid = refobjid and attnum = refobjsubid and attname = 'id'
       where d.classid = 'pg_class'::regclass and d.refclassid = 'pg_class'::regclass and refobjid = this.oid
         and deptype in ('a', 'i') order by deptype = 'i' desc limit 1),
    'columns', (
      select json_agg(json_build_object('sql', quote_ident(attname), 'generated', attgenerated <> '', 'type', concat_ws(' ',
               format_type(atttypid, atttypmod), attnotnull, attidentity, pg_get_expr(adbin, adrelid), attcollation::regcollation),
               'settings', ${COLUMN_SETTINGS}) order by attnum)
        from pg_attribute left join pg_attrdef on adrelid = attrelid and adnum = attnum
       where attrelid = this.oid and attnum > 0 and not attisdropped),
    'options', coalesce(case relkind when 'p' then (
        select mode() within group (order by coalesce(leaf.reloptions, '{}'))
          from pg_inherits join pg_class leaf on leaf.oid = inhrelid where inhparent = this.oid and leaf.relkind = 'r')
      else reloptions end, '{}'),
    'tablespace', (select quote_ident(spcname) from pg_tablespace where oid = reltablespace),
    'triggers', (
      select coalesce(json_agg(json_build_object('sql', quote_ident(tgname), 'definition', pg_get_triggerdef(t.oid), 'isUsual', tgenabled = 'O', 'state', format('%s trigger %I',
               case tgenabled when 'D' then 'disable' when 'A' then 'enable always' when 'R' then 'enable replica' else 'enable' end,
               tgname)) order by tgname), '[]')
        from pg_trigger t
       where tgrelid = this.oid and not tgisinternal and tgparentid = 0 and not ${isOfTimescale('tgfoid')}
         and tgfoid <> all (array_remove(array[${Object.values(COPIES)
           .map((name) => `to_regproc('${name}')::oid`)
           .join(', ')}], null))),
    'grants', ${grantsOf('this')},
    'isWidened', exists (select from pg_attribute where attrelid = this.oid and attname = '${WIDE}'),
    'lacking', array(
      select format('ownership of %s', this.oid::regclass) where not pg_has_role(relowner, 'usage')
      union all
      select format('CREATE on the schema %s', relnamespace::regnamespace) where not has_schema_privilege(relnamespace, 'create')
      union all
      select distinct format('REFERENCES on %s', confrelid::regclass) from pg_constraint
       where conrelid = this.oid and contype = 'f' and not has_table_privilege(confrelid, 'references')
         and exists (select from unnest(confkey) k where not has_column_privilege(confrelid, k, 'references'))),
    'obstacles', array(
      select format('the rule %I', rulename) from pg_rewrite where ev_class = this.oid
      union all
      select format('the row security policy %I', polname) from pg_policy where polrelid = this.oid
      union all
      select format('the publication %I', pubname) from pg_publication_rel join pg_publication p on p.oid = prpubid where prrelid = this.oid
      union all
      select format('the subscription %I', subname) from pg_subscription_rel join pg_subscription s on s.oid = srsubid where srrelid = this.oid
      union all
      select format('the extended statistics %I', stxname) from pg_statistic_ext where stxrelid = this.oid
      union all
      select format('privileges on the column %I', attname) from pg_attribute where attrelid = this.oid and attacl is not null
      union all
      select format('the foreign key %I of %s', conname, conrelid::regclass) from pg_constraint
       where confrelid = this.oid and contype = 'f'
      union all
      select distinct format('the view %s', ev_class::regclass)
        from pg_depend join pg_rewrite r on r.oid = objid
       where classid = 'pg_rewrite'::regclass and refclassid = 'pg_class'::regclass and refobjid = this.oid and ev_class <> this.oid
          -- Those of continuous aggregates, which are named themselves.
          and ev_class not in (select oid from pg_class where relnamespace = to_regnamespace('_timescaledb_internal'))
      union all
      select 'row security' where relrowsecurity
      union all
      select 'a replica identity' where relreplident <> 'd'
      union all
      select format('the order of rows by the index %s', indexrelid::regclass) from pg_index where indrelid = this.oid and indisclustered
      union all
      select distinct format('the statistics target of the index %s', indexrelid::regclass)
        from pg_index join pg_attribute on attrelid = indexrelid where indrelid = this.oid and attstattarget >= 0
      union all
      select format('the constraint %I, which is not validated', conname) from pg_constraint
       where conrelid = this.oid and not convalidated and conname <> '${BOUND_CHECK}'
      union all
      select format('the parent table %s', inhparent::regclass) from pg_inherits where inhrelid = this.oid and not relispartition)
  ) as facts from this`;
