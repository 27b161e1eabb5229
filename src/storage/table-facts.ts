import type { ClientBase } from 'pg';
import { WIDE } from './widen-facts.ts';

/** What a table has besides its columns, as SQL that makes it again. */
export interface TableFacts {
  table: string;
  schema: string;
  owner: string;
  indexes: { name: string; definition: string; columns: string[]; unique: boolean; primary: boolean; valid: boolean }[];
  constraints: { name: string; definition: string; kind: string; valid: boolean }[];
  /** The sequence of the ids, if they have one; `identity` if the column owns it. */
  sequence: { name: string; identity: boolean } | null;
  /** Such as `select, insert on table datapoints to lab`. */
  grants: string[];
  comment: string | null;
  /** Whether there is the second column of an interrupted widening of the ids. */
  isWidened: boolean;
  /** What a conversion would lose. */
  obstacles: string[];
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

/** The name of all that a split adds for a while: a table with the copy, a function and triggers that keep it the same. */
export const SPLIT = 'datapoints_split';

const SQL = `
  with this as (select c.* from pg_class c where oid = quote_ident($1)::regclass)
  select json_build_object(
    'table', relname,
    'schema', relnamespace::regnamespace::text,
    'owner', relowner::regrole::text,
    'comment', obj_description(this.oid, 'pg_class'),
    'indexes', (
      select coalesce(json_agg(json_build_object('name', relname, 'definition', pg_get_indexdef(indexrelid), 'unique', indisunique,
               'primary', indisprimary, 'valid', indisvalid, 'columns', array(
                 select attname from unnest(indkey) with ordinality k (attnum, place) left join pg_attribute a
                     on attrelid = indrelid and a.attnum = k.attnum where place <= indnkeyatts order by place)) order by relname), '[]')
        from pg_index join pg_class i on i.oid = indexrelid where indrelid = this.oid),
    'constraints', (
      select coalesce(json_agg(json_build_object('name', conname, 'definition', pg_get_constraintdef(c.oid), 'kind', contype,
               'valid', convalidated) order by conname), '[]')
        from pg_constraint c where conrelid = this.oid),
    'sequence', (
      select json_build_object('name', s.oid::regclass::text, 'identity', deptype = 'i')
        from pg_depend d join pg_class s on s.oid = d.objid and s.relkind = 'S'
        join pg_attribute a on attrelid = refobjid and attnum = refobjsubid and attname = 'id'
       where d.classid = 'pg_class'::regclass and d.refclassid = 'pg_class'::regclass and refobjid = this.oid
         and deptype in ('a', 'i')),
    'grants', array(
      select format('%s on table %I to %s%s', privilege_type, $1, case grantee when 0 then 'public' else grantee::regrole::text end,
                    case when is_grantable then ' with grant option' else '' end)
        from aclexplode(relacl) where grantee <> relowner),
    'isWidened', exists (select from pg_attribute where attrelid = this.oid and attname = '${WIDE}'),
    'obstacles', array(
      select format('the trigger %I', tgname) from pg_trigger
       where tgrelid = this.oid and not tgisinternal and tgparentid = 0 and tgfoid is distinct from to_regproc('${SPLIT}')
      union all
      select format('the rule %I', rulename) from pg_rewrite where ev_class = this.oid
      union all
      select format('the row security policy %I', polname) from pg_policy where polrelid = this.oid
      union all
      select format('the publication %I', pubname) from pg_publication_rel join pg_publication p on p.oid = prpubid where prrelid = this.oid
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
      union all
      select 'row security' where relrowsecurity
      union all
      select format('the constraint %I, which is not validated', conname) from pg_constraint
       where conrelid = this.oid and not convalidated and conname <> '${BOUND_CHECK}'
      union all
      select format('the parent table %s', inhparent::regclass) from pg_inherits where inhrelid = this.oid and not relispartition)
  ) as facts from this`;
