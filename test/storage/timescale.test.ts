import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryDirectory } from '../support/program.ts';
import { AGREED, anEvent, aSite, type Site } from '../support/site.ts';
import { aSiteFor, isLicensed, testForm } from '../support/storage-forms.ts';

const CONVERT = `db storage timescale${AGREED}`;

/** A site with a datapoint per day, or as often as given, until today, on a server with TimescaleDB. */
async function aRig(rows = 100, every = '1 day'): Promise<Site & { event: string }> {
  const site = await aSiteFor('hypertable');
  const { publicId: event } = await anEvent(site);
  await site.pool.query(
    `insert into datapoints (public_id, value, timestamp, event_public_id)
     select '0198c2aa-' || n, n, date_trunc('day', now()) - n * $3::interval, $2 from generate_series(0, $1::int - 1) n`,
    [rows, event, every],
  );
  return { ...site, event, [Symbol.asyncDispose]: () => site[Symbol.asyncDispose]() };
}

/** All columns of all rows. */
async function rowsOf({ pool }: Site): Promise<unknown[]> {
  return (await pool.query('select public_id, value, timestamp, event_public_id from datapoints order by timestamp'))
    .rows;
}

async function statusOf(site: Site): Promise<{ form: string }> {
  return JSON.parse((await site.run('db storage status --json')).stdout);
}

async function formOf(site: Site): Promise<string> {
  return (await statusOf(site)).form;
}

testForm('hypertable', 'a table becomes a hypertable with all rows, keys and references', async () => {
  await using site = await aRig();
  const before = await rowsOf(site);
  expect(await site.run(`${CONVERT} --chunk 1d --dry-run`)).toMatchObject({
    code: 0,
    stderr: expect.stringContaining('into 100 chunks at most'),
  });
  for (const refused of ['--chunk 30', '--chunk 0d', '--hourly --no-hourly', '--no-hourly --hourly']) {
    expect([refused, await site.run(`${CONVERT} ${refused}`)]).toEqual([refused, expect.objectContaining({ code: 2 })]);
  }
  expect(await formOf(site)).toBe('plain');
  const { code, stdout, stderr } = await site.run(`${CONVERT} --chunk 10d --json`);
  expect([code, stderr, JSON.parse(stdout)]).toEqual([0, '', { changed: true, form: 'hypertable', refused: [] }]);
  expect(await rowsOf(site)).toEqual(before);
  expect(await site.run(`db storage partition${AGREED}`)).toMatchObject({
    code: 4,
    stderr: expect.stringContaining('db storage plain'),
  });
  expect((await site.run('db check')).stdout).toBe('');
  expect(JSON.parse((await site.run('db storage status --json')).stdout)).toMatchObject({
    period: '10 days',
  });
  const { rows } = await site.pool.query(
    `select array(select conname || ' ' || pg_get_constraintdef(oid) from pg_constraint
                   where conrelid = 'datapoints'::regclass and contype in ('p', 'u') order by 1) as keys`,
  );
  expect(rows[0].keys).toEqual([
    'datapoints_pkey PRIMARY KEY (id, "timestamp")',
    'datapoints_public_id_key UNIQUE (public_id, "timestamp")',
  ]);
  await site.pool.query('delete from events where public_id = $1', [site.event]);
  expect(await rowsOf(site)).toEqual([]);
});

testForm(
  'hypertable',
  'the time of new chunks can be changed, and without a change there is nothing to do',
  async () => {
    await using site = await aRig(3);
    await site.run(CONVERT);
    expect(JSON.parse((await site.run(`${CONVERT} --json`)).stdout)).toMatchObject({ changed: false });
    expect((await site.run(`${CONVERT} --chunk 1d`)).code).toBe(0);
    expect(JSON.parse((await site.run('db storage status --json')).stdout)).toMatchObject({ period: '1 day' });
  },
);

testForm('hypertable', 'a name that the copy needs is refused beforehand, also by the dry run', async () => {
  await using site = await aRig(3);
  for (const name of ['datapoints_timescale', 'datapoints_timescale_pkey', 'datapoints_replaced']) {
    await site.pool.query(`create table ${name} (a int)`);
    for (const dry of [' --dry-run', '']) {
      const { code, stderr } = await site.run(`${CONVERT}${dry}`);
      expect([code, stderr]).toEqual([4, expect.stringContaining(`"${name}" already exists`)]);
    }
    await site.pool.query(`drop table ${name}`);
  }
  expect((await site.run(CONVERT)).code).toBe(0);
});

testForm('hypertable', 'policies are set and shown, or those that the licence does not include are named', async () => {
  await using site = await aRig(3);
  const wished = '--compress-after 30d --drop-after 730d --hourly --yes --json';
  const { code, stdout, stderr } = await site.run(`${CONVERT} ${wished}`);
  const refused = isLicensed ? [] : ['compression', 'retention policies', 'figures of hours'];
  expect([code, JSON.parse(stdout)]).toEqual([0, { changed: true, form: 'hypertable', refused }]);
  expect(stderr.includes(`which were not set: ${refused.join(', ')}.`)).toBe(!isLicensed);
  const NONE = { compress_after: null, drop_after: null };
  const SET = { compress_after: '30 days', drop_after: '730 days' };
  expect(await statusOf(site)).toMatchObject(isLicensed ? SET : NONE);
  expect(JSON.parse((await site.run(`${CONVERT} ${wished}`)).stdout)).toMatchObject({ changed: isLicensed });
  expect(JSON.parse((await site.run(`${CONVERT} --compress-after never --json`)).stdout)).toMatchObject({
    refused: [],
  });
  expect(await statusOf(site)).toMatchObject({ ...(isLicensed ? SET : NONE), compress_after: null });
  expect((await site.run(`${CONVERT} --drop-after never`)).code).toBe(0);
  expect(await statusOf(site)).toMatchObject(NONE);
});

testForm(
  'hypertable',
  'to delete datapoints by themselves is asked for, and nothing is changed without an answer',
  async () => {
    await using site = await aRig(3, '400 days');
    const asked = await site.run(`${CONVERT} --drop-after 730d`);
    expect([asked.code, asked.stderr]).toEqual([
      2,
      expect.stringMatching(/also those of experiments: 1 datapoint at once.*\n.*--yes/),
    ]);
    expect(await statusOf(site)).toMatchObject({ form: 'plain' });
    for (const age of ['730', '1m', '0d']) {
      expect([age, (await site.run(`${CONVERT} --drop-after ${age} --yes`)).code]).toEqual([age, 2]);
    }
  },
);

testForm('hypertable', 'only a superuser can create the extension', async () => {
  await using site = await aSiteFor('hypertable');
  const role = `role_${Date.now()}`;
  await site.pool.query(`create role ${role} login; alter table datapoints owner to ${role}; grant all on schema public to ${role};
    grant all on all tables in schema public to ${role}`);
  const url = new URL(site.url);
  url.username = role;
  const { code, stderr } = await site.run(CONVERT, { env: { DATABASE_URL: url.href } });
  await site.pool.query(`drop owned by ${role}; drop role ${role}`);
  expect([code, stderr]).toEqual([5, expect.stringContaining('A superuser creates it in this database')]);
});

testForm('hypertable', 'a backup of a hypertable is restored into one table', async () => {
  await using site = await aRig(30);
  await site.run(CONVERT);
  using folder = temporaryDirectory();
  const file = join(folder.path, 'all.tar.zst');
  expect(await site.run(`db backup -o ${file} --quiet`)).toMatchObject({ code: 0, stderr: '' });
  await using table = await aSite();
  expect(await table.run(`db restore ${file} --quiet`)).toMatchObject({ code: 0 });
  expect(await rowsOf(table)).toEqual(await rowsOf(site));
});

testForm('hypertable', 'one table is copied into a hypertable, and that into one table', async () => {
  await using site = await aRig(30);
  await using copy = await aSiteFor('hypertable');
  await copy.run(CONVERT);
  expect(await copy.run(`migrate-from --source ${site.url} --quiet`)).toMatchObject({ code: 0 });
  await using last = await aSite();
  expect(await last.run(`migrate-from --source ${copy.url} --quiet`)).toMatchObject({ code: 0 });
  const rows = await rowsOf(site);
  expect([await rowsOf(copy), await rowsOf(last)]).toEqual([rows, rows]);
});

test('without the extension on the server, it is said what to do', async () => {
  await using site = await aSite();
  expect(await site.run(CONVERT)).toMatchObject({
    code: 4,
    stderr: expect.stringMatching(/TimescaleDB is not installed.*\n.*shared_preload_libraries/),
  });
});

testForm('hypertable', 'figures of hours that are impossible are refused before the table is changed', async () => {
  await using site = await aSiteFor('hypertable');
  let reason = '"datapoints_hourly" already exists';
  await site.pool.query('create view datapoints_hourly as select');
  if (!isLicensed) {
    // As if it were another version with this licence, which is known beforehand.
    reason = 'need TimescaleDB 2.28';
    await site.pool.query(
      `do $$ begin execute format('alter database %I set timescaledb.license = timescale', current_database()); end $$`,
    );
  }
  for (const dry of [' --dry-run', '']) {
    const { code, stderr } = await site.run(`${CONVERT} --hourly${dry}`);
    expect([code, stderr]).toEqual([4, expect.stringContaining(reason)]);
  }
  expect((await site.pool.query(`select from pg_extension where extname = 'timescaledb'`)).rowCount).toBe(0);
});

testForm('compressed', 'figures of hours are refused for a hypertable by another column', async () => {
  await using site = await aSiteFor('compressed');
  await site.pool.query(`create extension if not exists timescaledb;
    alter table datapoints drop constraint datapoints_pkey cascade, drop constraint datapoints_public_id_key cascade;
    select create_hypertable('datapoints', by_range('id', 100000::bigint), create_default_indexes => false)`);
  for (const more of ['--dry-run', '--compress-after 30d']) {
    expect(await site.run(`${CONVERT} --hourly ${more}`)).toMatchObject({
      code: 4,
      stderr: expect.stringContaining('chunks by the time of the datapoints'),
    });
  }
  const { rows } = await site.pool.query(`select from timescaledb_information.hypertables where compression_enabled`);
  expect(rows).toEqual([]);
});
