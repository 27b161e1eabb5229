import { expect, test } from 'vitest';
import { identifier } from '../../src/database/sql.ts';
import { cheapHashes } from '../support/cheap-hashes.ts';
import type { FreshDatabase } from '../support/database.ts';
import type { Run } from '../support/program.ts';
import { anEmptySite, columns, layout, type Site } from '../support/site.ts';

cheapHashes();

const MIGRATE = layout === 'own' ? 'db migrate' : 'db migrate --layout server-roles';

/** What psql and the program take from the environment as the search path. */
function searchPath(path: string): { env: Record<string, string> } {
  return { env: { PGOPTIONS: `-c search_path=${path.replace(/[\\ ]/g, '\\$&')}` } };
}

/** Everything with a name in a schema, its rows counted, so that two looks at it can be compared. */
async function contents({ pool }: Pick<Site, 'pool'>, schema: string): Promise<unknown> {
  const { rows } = await pool.query<{ xml: string }>(
    `select relname, relkind, relfilenode, case when relkind = 'r' then
        query_to_xml(format('select count(*) as rows from %I.%I', nspname, relname), false, true, '')::text end as xml
       from pg_class join pg_namespace n on n.oid = relnamespace where nspname = $1 order by 1`,
    [schema],
  );
  return rows;
}

function expectAll(code: number, ...runs: Run[]): void {
  expect(runs.map((run) => [run.code, run.stderr])).toEqual(runs.map(() => [code, expect.anything()]));
}

async function tableCount({ pool }: Pick<Site, 'pool'>, schema: string): Promise<number> {
  const { rows } = await pool.query(`select count(*)::int as count from pg_tables where schemaname = $1`, [schema]);
  return rows[0]?.count;
}

/** A role of its own, with a schema of its name, as PostgreSQL's `"$user", public` finds it first. */
async function roleWithSchema({ pool, url }: Pick<FreshDatabase, 'pool' | 'url'>) {
  const role = `lab_${Math.random().toString(36).slice(2)}`;
  await pool.query(`create role ${role} login; create schema authorization ${role}`);
  const own = new URL(url);
  own.username = role;
  return { role, env: { DATABASE_URL: own.href } };
}

test("a schema of the role's name is migrated, twice, checked and worked in", async () => {
  await using site = await anEmptySite();
  const { role, env } = await roleWithSchema(site);

  const first = await site.run(MIGRATE, { env });
  const again = await site.run(MIGRATE, { env });
  const check = await site.run('db check --json', { env });
  const status = await site.run('db status --exit-code', { env });

  expectAll(0, first, check, status);
  expect(again.code).toBe(0);
  expect(JSON.parse(check.stdout)).toMatchObject({ differences: [] });
  expect(await tableCount(site, 'public')).toBe(0);
  expect(await tableCount(site, role)).toBeGreaterThan(15);
  expectAll(0, await site.run('users create ada --email ada@lab.org --admin --generate-password', { env }));
  expect((await site.pool.query(`select username from ${role}.users`)).rows).toEqual([{ username: 'ada' }]);
  const info = JSON.parse((await site.run('db info --json', { env })).stdout);
  expect(info).toMatchObject({ schema: role, layout });
});

test.each(['lab2', 'Lab 2', `a"b'c.d`])(
  'a laboratory in the schema %s works, and leaves the one in public alone',
  async (schema) => {
    await using site = await anEmptySite();
    await site.pool.query(`create schema ${identifier(schema)}`);
    const second = searchPath(identifier(schema));
    expectAll(0, await site.run(MIGRATE));
    const before = await contents(site, 'public');

    const runs = [
      await site.run(MIGRATE, second),
      await site.run('db check', second),
      await site.run(['users', 'create', 'ada', '--email', 'a@lab.org', '--admin', '--generate-password'], second),
      await site.run('events create Temperature --unit C --type sensor --min 0 --max 9', second),
      await site.run('experiments start One', second),
      await site.run('datapoints prune --older-than 365d --yes', second),
      await site.run('db maintain --reindex --table datapoints', second),
      await site.run('db status --exit-code', second),
    ];

    expectAll(0, ...runs);
    expect(await contents(site, 'public')).toEqual(before);
    expect((await site.run('users list --json')).stdout).toBe('[]\n');
    expect(JSON.parse((await site.run('users list --json', second)).stdout)).toHaveLength(1);
    const info = JSON.parse((await site.run('db info --json', second)).stdout);
    expect(info.tables.find(({ table }: { table: string }) => table === 'users')).toMatchObject({ rows: 1 });
  },
  120_000,
);

test.runIf(layout === 'own')('a rollback takes the tables of its own schema, and no other', async () => {
  await using site = await anEmptySite();
  await site.pool.query('create schema lab2');
  const both = searchPath('lab2,public');
  expectAll(
    0,
    await site.run('db migrate'),
    await site.run('db migrate', both),
    await site.run('db rollback --yes', both),
  );
  // What is missing here must not be found next door.
  await site.pool.query('drop index lab2.ix_datapoints_experiment_ts');
  const before = await contents(site, 'public');
  const refused = await site.run('db rollback --yes', both);
  expect([refused.code, refused.stderr]).toEqual([5, expect.stringContaining('ix_datapoints_experiment_ts')]);
  await site.pool.query(
    'create index ix_datapoints_experiment_ts on lab2.datapoints (experiment_public_id, timestamp)',
  );
  expectAll(0, await site.run('db rollback --yes', both), await site.run('db rollback --yes', both));
  expect(await contents(site, 'public')).toEqual(before);
  expect(await tableCount(site, 'lab2')).toBe(1);
  expect(JSON.parse((await site.run('db status --json', both)).stdout)).toMatchObject([
    { status: 'pending' },
    { status: 'pending' },
    { status: 'pending' },
  ]);
});

test('a first schema without tables is not migrated, whatever the next one has, and the message names both', async () => {
  await using site = await anEmptySite();
  expectAll(0, await site.run(MIGRATE));
  await site.pool.query('create schema lab2');
  const before = await contents(site, 'public');
  const run = await site.run('users list', searchPath('lab2,public'));
  expect([run.code, run.stdout]).toEqual([5, '']);
  expect(run.stderr).toContain('is not migrated: its schema "lab2" has no WebMACS tables');
  expect(run.stderr).toContain('The schema "public" has');
  expectAll(
    0,
    await site.run(MIGRATE, searchPath('lab2,public')),
    await site.run('users list', searchPath('lab2,public')),
  );
  expect(await contents(site, 'public')).toEqual(before);
});

test('a search path none of whose schemas exists exits 5, and says what to do', async () => {
  await using site = await anEmptySite();
  for (const line of ['users list', MIGRATE, 'db check', 'db status', 'db info', 'db maintain']) {
    const { code, stderr } = await site.run(line, searchPath('nowhere'));
    expect([line, code, stderr]).toEqual([line, 5, expect.stringMatching(/search_path \(nowhere\)[\s\S]*Create one/)]);
  }
});

test('alter role and alter database set the schema as well', async () => {
  await using site = await anEmptySite();
  const { role, env } = await roleWithSchema(site);
  await site.pool.query(`create schema lab3 authorization ${role};
    do $$ begin execute format('alter database %I set search_path = lab3', current_database()); end $$`);
  expectAll(0, await site.run(MIGRATE, { env }));
  expect([await tableCount(site, 'lab3'), await tableCount(site, role)]).toEqual([expect.any(Number), 0]);
  expect(await tableCount(site, 'lab3')).toBeGreaterThan(15);
  await site.pool.query(`alter role ${role} set search_path = ${role}`);
  expect(JSON.parse((await site.run('db info --json', { env })).stdout)).toMatchObject({ schema: role, tables: [] });
});

test('two laboratories of one database do not wait for each other', async () => {
  await using site = await anEmptySite();
  await site.pool.query('create schema lab2');
  expectAll(0, await site.run(MIGRATE), await site.run('users create ada --email a@b.org --admin --generate-password'));
  const other = await site.pool.connect();
  try {
    await other.query(`begin;
      select pg_advisory_xact_lock(key, 'lab2'::regnamespace::oid::int4)
        from unnest(array[${0x7765626d}, ${0x65787072}, ${0x77656268}]) as key`);
    const runs = await Promise.all([
      site.run('experiments start One'),
      site.run('webhooks create http://lab.org/hook --type experiment.started'),
      ...(layout === 'own' ? [site.run('db stamp initial --lock-timeout 0')] : []),
    ]);
    expectAll(0, ...runs);
  } finally {
    await other.query('rollback');
    other.release();
  }
});

test('a copy goes from one schema into another of the same database', async () => {
  await using site = await anEmptySite();
  const target = await roleWithSchema(site);
  expectAll(0, await site.run(MIGRATE), await site.run('users create ada --email a@b.org --admin --generate-password'));
  expectAll(0, await site.run(MIGRATE, target));
  expectAll(0, await site.run(['migrate-from', '--source', site.url, '--target', target.env.DATABASE_URL]));
  const { rows } = await site.pool.query(
    `select username, ${columns.password} <> '' as secret from ${target.role}.users`,
  );
  expect(rows).toEqual([{ username: 'ada', secret: true }]);
  const same = await site.run(['migrate-from', '--source', site.url, '--target', site.url]);
  expect([same.code, same.stderr]).toEqual([2, expect.stringContaining('same')]);
});
