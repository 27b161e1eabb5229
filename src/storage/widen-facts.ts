import type { ClientBase } from 'pg';

/** The column that becomes the id, and the trigger and its function that fill it meanwhile. */
export const WIDE = 'id_bigint';
export const WIDENING = 'datapoints_id_bigint';
/** The check that each row has the same id twice. */
export const WIDE_CHECK = 'datapoints_id_bigint_check';

/** A table of the datapoints: the only one, a partition, or one that has partitions or children. */
export interface WideTable {
  sql: string;
  /** Whether it has partitions instead of rows. */
  isParent: boolean;
  isPartition: boolean;
  hasTrigger: boolean;
  primary: {
    name: string;
    columns: string[];
    ofParent: boolean;
    comment: string | null;
    indexComment: string | null;
  } | null;
  /** Those of the id, as actions of ALTER COLUMN. */
  settings: string[];
  /** The name of the index for its primary key, and, once it has one, that as SQL. */
  index: string;
  built: { sql: string; valid: boolean } | null;
  blocks: number;
  rows: number;
}

/** How far the ids are widened. */
export interface WideFacts {
  idType: string;
  default: string | null;
  identity: '' | 'a' | 'd';
  comment: string | null;
  sequence: { name: string; isBigint: boolean } | null;
  bytes: number;
  isStarted: boolean;
  isFilled: boolean;
  /** Parents first. */
  tables: WideTable[];
  /** What refers to the id or would be lost; `kept` by a plain change of the type. */
  obstacles: { what: string; kept: boolean }[];
  /** The privileges that the role does not have; `online` only for a second column. */
  lacking: { what: string; online: boolean }[];
}

/** Reads how far the ids of the datapoints are widened. */
export async function wideFacts(client: ClientBase): Promise<WideFacts> {
  const { rows } = await client.query<{ facts: WideFacts }>(SQL);
  const [found] = rows;
  if (!found) {
    throw new Error('"datapoints" has no column "id"');
  }
  return found.facts;
}

/** What a column of pg_attribute has besides its type, as actions of ALTER COLUMN. */
export const COLUMN_SETTINGS = `array_remove(array[
    case when attstattarget >= 0 then format('set statistics %s', attstattarget) end,
    case when attoptions is not null then format('set (%s)', array_to_string(attoptions, ', ')) end], null)`;

const SQL = `
  with recursive tree as (
    select 'datapoints'::regclass::oid as oid, 0 as depth
    union
    select inhrelid, depth + 1 from tree join pg_inherits on inhparent = tree.oid
  ), ids as (
    select c.*, a.*, depth, c.oid::regclass as sql, c.oid as relation
      from tree join pg_class c on c.oid = tree.oid join pg_attribute a on attrelid = c.oid and attname = 'id'
  )
  select json_build_object(
    'idType', format_type(atttypid, null),
    'default', (select pg_get_expr(adbin, adrelid) from pg_attrdef where adrelid = attrelid and adnum = attnum),
    'identity', attidentity,
    'comment', col_description(relation, attnum),
    'sequence', (
      select json_build_object('name', seqrelid::regclass::text, 'isBigint', seqtypid = 'int8'::regtype)
        from pg_depend join pg_sequence on seqrelid = objid
       where classid = 'pg_class'::regclass and refclassid = 'pg_class'::regclass and refobjid = relation
         and refobjsubid = attnum and deptype in ('a', 'i')),
    'bytes', (select sum(pg_total_relation_size(relation))::float8 from ids),
    'isStarted', exists (select from pg_attribute where attrelid = relation and attname = '${WIDE}'),
    'isFilled', exists (select from pg_constraint where conrelid = relation and conname = '${WIDE_CHECK}' and convalidated),
    'tables', (
      select json_agg(json_build_object(
          'sql', sql::text, 'isParent', relkind = 'p', 'isPartition', relispartition,
          'hasTrigger', exists (select from pg_trigger where tgrelid = relation and tgname = '${WIDENING}' and tgenabled = 'A'),
          'primary', (
            select json_build_object('name', conname, 'ofParent', conparentid <> 0, 'comment', obj_description(oid, 'pg_constraint'),
                     'indexComment', obj_description(conindid, 'pg_class'), 'columns', array(
                     select k.attname from unnest(conkey) with ordinality one (number, place)
                       join pg_attribute k on k.attrelid = relation and k.attnum = number order by place))
              from pg_constraint where conrelid = relation and contype = 'p' and attnum = any (conkey)),
          'settings', ${COLUMN_SETTINGS},
          'index', '${WIDE}_' || relation,
          'built', (select json_build_object('sql', indexrelid::regclass, 'valid', indisvalid)
                      from pg_index join pg_class i on i.oid = indexrelid
                     where indrelid = relation and i.relname = '${WIDE}_' || relation),
          'blocks', pg_relation_size(relation) / current_setting('block_size')::int,
          'rows', greatest(reltuples, 0)) order by depth, sql::text)
        from ids),
    'lacking', (
      select coalesce(json_agg(json_build_object('what', what, 'online', online) order by online, what), '[]') from (
        select format('ownership of %s', sql) as what, false as online from ids where not pg_has_role(relowner, 'usage')
        union
        select format('CREATE on the schema %s', relnamespace::regnamespace), true from ids
         where not has_schema_privilege(relnamespace, 'create')) as all_lacking),
    'obstacles', (
      select coalesce(json_agg(distinct jsonb_build_object('what', what, 'kept', kept)), '[]') from (
        select pg_describe_object(classid, objid, objsubid) as what, classid in ('pg_class'::regclass, 'pg_statistic_ext'::regclass)
               or exists (select from pg_constraint where classid = 'pg_constraint'::regclass and oid = objid
                             and conrelid in (select oid from tree)) as kept
          from ids join pg_depend on refclassid = 'pg_class'::regclass and refobjid = relation and refobjsubid = attnum
         where not exists (select from pg_attrdef where classid = 'pg_attrdef'::regclass and oid = objid and adnum = attnum)
           and not exists (select from pg_class where classid = 'pg_class'::regclass and oid = objid and relkind = 'S')
           and not exists (select from pg_constraint where classid = 'pg_constraint'::regclass and oid = objid
                              and (contype in ('p', 'n') or conname = '${WIDE_CHECK}'))
        union all
        select format('trigger %I on table %s', tgname, sql), true from ids join pg_trigger on tgrelid = relation
         where not tgisinternal and tgname <> '${WIDENING}' and tgtype & 16 = 16 and tgenabled <> 'D'
        union all
        select format('privileges on column id of table %s', sql), true from ids where attacl is not null
        union all
        select format('the replica identity of table %s', sql), true from ids join pg_index on indrelid = relation
         where indisprimary and indisreplident
        union all
        select format('the order of rows of table %s', sql), true from ids join pg_index on indrelid = relation
         where indisprimary and indisclustered
        union all
        select format('the partition key of table %s', sql), false from ids join pg_partitioned_table on partrelid = relation
         where attnum = any (partattrs)
        union all
        select format('publication %I', pubname), false from ids
          join pg_publication_tables on schemaname = relnamespace::regnamespace::name and tablename = relname
        union all
        select format('foreign table %s', sql), false from ids where relkind = 'f') as all_of_them)
  ) as facts from ids where depth = 0`;
