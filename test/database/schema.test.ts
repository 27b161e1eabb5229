import { MikroORM } from '@mikro-orm/postgresql';
import { afterAll, expect, test, vi } from 'vitest';
import configuration from '../../mikro-orm.config.ts';
import { difference } from '../../src/database/schema/difference.ts';
import { freshDatabase, openDatabase } from '../support/database.ts';
import { TABLES, type Table } from './tables.ts';

const database = await freshDatabase();
afterAll(() => database[Symbol.asyncDispose]());

test.each(Object.keys(TABLES))('%s has its columns, keys and indexes, and no others', async (table) => {
  expect(sorted(await catalogOf(table))).toEqual(sorted(TABLES[table]));
});

test('there are these 15 tables, and the record of migrations', async () => {
  const { rows } = await database.pool.query<{ name: string }>(
    `select relname as name from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace order by 1`,
  );
  expect(Object.keys(TABLES)).toHaveLength(15);
  expect(rows.map(({ name }) => name)).toEqual([...Object.keys(TABLES), 'mikro_orm_migrations'].sort());
});

test.each(Object.keys(TABLES))('the id of %s is its primary key and counts by itself', async (table) => {
  const { rows } = await database.pool.query(
    `select format_type(atttypid, atttypmod) as type, pg_get_serial_sequence($1, 'id') as sequence
       from pg_index join pg_attribute on attrelid = indrelid and attnum = any (indkey)
      where indrelid = $1::regclass and indisprimary`,
    [table],
  );
  expect(rows).toEqual([{ type: table === 'datapoints' ? 'bigint' : 'integer', sequence: `public.${table}_id_seq` }]);
});

test('the entities describe the migrated database without a difference', async () => {
  await using opened = await openDatabase(database);
  expect(await difference(opened.orm, opened.em, opened.schema)).toEqual({ up: [], down: [] });
});

test("MikroORM's own command line finds no difference either", async () => {
  vi.stubEnv('DATABASE_URL', database.url);
  const orm = new MikroORM(await configuration());
  try {
    expect(await orm.schema.getUpdateSchemaSQL({ wrap: false, dropTables: false })).toBe('');
  } finally {
    await orm.close();
    vi.unstubAllEnvs();
  }
});

/** Only columns have an order. */
function sorted(table: Table | undefined): Table | undefined {
  const { columns, ...sets } = table ?? { columns: [] };
  return {
    columns,
    ...Object.fromEntries(Object.entries(sets).map(([key, lines]) => [key, [...lines].sort()])),
  } as Table;
}

async function catalogOf(table: string): Promise<Table> {
  const list = async (sql: string) =>
    (await database.pool.query<{ line: string }>(sql, [table])).rows.map(({ line }) => line);
  const constraints = async (kind: string, expression: string) =>
    await list(
      `select ${expression} as line from pg_constraint where conrelid = $1::regclass and contype = '${kind}' order by 1`,
    );
  const columnsOf = (numbers: string, relation: string) =>
    `(select string_agg(attname, ', ' order by place) from unnest(${numbers}) with ordinality as key (number, place)
        join pg_attribute on attrelid = ${relation} and attnum = number)`;
  return {
    columns: await list(COLUMNS),
    unique: await constraints('u', columnsOf('conkey', 'conrelid')),
    checks: await constraints('c', 'conname'),
    foreignKeys: await constraints(
      'f',
      `${columnsOf('conkey', 'conrelid')} || ' -> ' || confrelid::regclass || '.' || ${columnsOf('confkey', 'confrelid')} || ' ' ||
       case confdeltype when 'c' then 'CASCADE' when 'n' then 'SET NULL' else confdeltype::text end`,
    ),
    indexes: await list(
      `select indexrelid::regclass || ' (' || ${columnsOf('indkey::int2[]', 'indrelid')} || ')' as line
         from pg_index where indrelid = $1::regclass and not indisunique order by 1`,
    ),
  };
}

const COLUMNS = `
  select attname || ' ' ||
         replace(replace(replace(format_type(atttypid, atttypmod), 'character varying', 'varchar'),
           'timestamp with time zone', 'timestamptz'), 'double precision', 'float8') ||
         case when attnotnull then ' not null' else '' end ||
         coalesce(' default ' || replace(pg_get_expr(adbin, adrelid), '::text', ''), '') as line
    from pg_attribute left join pg_attrdef on adrelid = attrelid and adnum = attnum
   where attrelid = $1::regclass and attnum > 0 and not attisdropped and attname <> 'id'
   order by attnum`;
