import { afterAll, beforeAll, expect, test } from 'vitest';
import { AGREED, anEvent, aSite, aUser, type Site } from '../support/site.ts';

let site: Site;
let event: { publicId: string; name: string };
beforeAll(async () => {
  site = await aSite();
  const { publicId: owner } = await aUser(site, { username: 'root', admin: true });
  event = await anEvent(site, { owner });
});
afterAll(() => site[Symbol.asyncDispose]());

/** What changes hands besides rows: keys, indexes, references, defaults. */
async function shape(): Promise<unknown> {
  const { rows } = await site.pool.query(
    `select array(select format('%s %s', conname, pg_get_constraintdef(oid)) from pg_constraint
                   where conrelid = 'datapoints'::regclass and contype <> 'n' order by 1) as constraints,
            array(select pg_get_indexdef(indexrelid) from pg_index where indrelid = 'datapoints'::regclass order by 1) as indexes,
            array(select format('%s %s %s', attname, format_type(atttypid, atttypmod), pg_get_expr(adbin, adrelid))
                    from pg_attribute left join pg_attrdef on adrelid = attrelid and adnum = attnum
                   where attrelid = 'datapoints'::regclass and attnum > 0 order by attnum) as columns,
            (select relacl::text from pg_class where oid = 'datapoints'::regclass) as acl,
            pg_get_serial_sequence('datapoints', 'id') as sequence`,
  );
  return rows[0];
}

async function insert(count: number): Promise<void> {
  await site.pool.query(
    `insert into datapoints (public_id, value, timestamp, event_public_id)
     select gen_random_uuid(), n, now() - n * interval '1 day', $2 from generate_series(0, $1::int - 1) n`,
    [count, event.publicId],
  );
}

test('a table becomes partitions and one table again, with all rows and all that it had', async () => {
  await insert(100);
  const before = await shape();
  const done = await site.run(`db storage partition --json${AGREED}`);
  expect([done.code, JSON.parse(done.stdout)]).toEqual([0, { changed: true, form: 'partitions' }]);
  const status = JSON.parse((await site.run('db storage status --json')).stdout);
  expect(status).toMatchObject({
    form: 'partitions',
    key: 'RANGE ("timestamp")',
    period: 'month',
    rows: 100,
    ahead: 3,
    advice: status.id_type === 'bigint' ? [] : [expect.objectContaining({ due: false })],
  });
  expect(status.leaves).toHaveLength(4);
  await insert(10);
  expect(
    (await site.pool.query('select count(*)::int as n, count(distinct id)::int as ids from datapoints')).rows,
  ).toEqual([{ n: 110, ids: 110 }]);
  expect((await site.run('db check')).code).toBe(0);
  expect(await site.run(`db storage partition --json${AGREED}`)).toMatchObject({ code: 0 });
  expect(JSON.parse((await site.run(`db storage plain --json${AGREED}`)).stdout)).toEqual({
    changed: true,
    form: 'plain',
  });
  expect(await shape()).toEqual(before);
  await insert(10);
  expect((await site.pool.query('select count(*)::int as n from datapoints')).rows).toEqual([{ n: 120 }]);
});

test.each([
  'create index twin on datapoints (timestamp desc)',
  'create index twin on datapoints (timestamp)',
  'create index twin on datapoints using brin (timestamp)',
  'create index twin on datapoints (timestamp) include (value)',
  'create index aaa_twin on datapoints (timestamp) with (fillfactor = 50)',
  'create index twin on datapoints (event_public_id varchar_pattern_ops, timestamp)',
  'create unique index twin on datapoints (public_id)',
  'create unique index twin on datapoints (id, timestamp) nulls not distinct',
  'alter table datapoints add constraint twin unique (id, timestamp)',
  'alter table datapoints add constraint twin unique (public_id)',
  `do $$ begin execute (select 'alter table datapoints add constraint twin ' || pg_get_constraintdef(oid) from pg_constraint
     where conrelid = 'datapoints'::regclass and contype = 'f' limit 1); end $$`,
])('all indexes are themselves again after: %s', async (twin) => {
  await site.pool.query(`create index ix_by_time on datapoints (timestamp); ${twin}`);
  const before = await shape();
  for (const form of ['partition', 'plain']) {
    const { code, stderr } = await site.run(`db storage ${form}${AGREED}`);
    expect([code, code === 0 ? '' : stderr]).toEqual([0, '']);
  }
  expect(await shape()).toEqual(before);
  await site.pool.query(
    'drop index ix_by_time; alter table datapoints drop constraint if exists twin; drop index if exists twin, aaa_twin',
  );
});

/** As they are when another month begins: the names have the times. */
async function partitionNames(): Promise<string[]> {
  const { rows } = await site.pool.query(
    `select inhrelid::regclass::text as name from pg_inherits where inhparent = 'datapoints'::regclass order by 1`,
  );
  return rows.map(({ name }) => name);
}

test('a name that a conversion needs is refused before anything is done, also by the dry run', async () => {
  await site.pool.query('truncate datapoints');
  await insert(60);
  await site.run(`db storage partition${AGREED}`);
  const parts = await partitionNames();
  const refusals = async (command: string, name: string, make: string) => {
    await site.pool.query(make);
    for (const dry of [' --dry-run', '']) {
      const { code, stderr } = await site.run(`db storage ${command}${dry}${AGREED}`);
      expect([command, code, stderr]).toEqual([command, 4, expect.stringContaining(`"${name}" already exists`)]);
      expect(stderr).toMatch(/Rename it, or drop it/);
      expect(stderr).not.toContain('stamp');
    }
    await site.pool.query(`drop ${make.split(' ')[1]} ${name}`);
  };
  await refusals('plain', 'datapoints_plain_pkey', 'create index datapoints_plain_pkey on events (name)');
  await refusals('plain', 'datapoints_replaced', 'create table datapoints_replaced (a int)');
  const { into } = JSON.parse((await site.run(`db storage split --dry-run --json${AGREED}`)).stdout);
  expect(into.length).toBeGreaterThan(1);
  await refusals('split', into[1], `create table ${into[1]} (a int)`);
  const { would_add } = JSON.parse((await site.run(`db storage extend --ahead 5 --dry-run --json${AGREED}`)).stdout);
  await refusals('extend --ahead 5', would_add[0], `create table ${would_add[0]} (a int)`);
  await site.pool.query(`insert into datapoints (public_id, value, timestamp, event_public_id)
    values ('later', 1, now() + interval '65 days', '${event.publicId}')`);
  await refusals('plain', 'datapoints_plain', 'create table datapoints_plain (a int)');
  await site.pool.query(`delete from datapoints where public_id = 'later'`);
  expect((await site.run(`db storage plain${AGREED}`)).code).toBe(0);
  const first = parts.find((name) => name.includes('before')) ?? '';
  const indexes = [`ix_${first}_event_ts`, `${first}_public_id_key`, `${first}_time_pkey`];
  for (const name of indexes) {
    await refusals('partition', name, `create index ${name} on events (name)`);
  }
  for (const name of parts) {
    await refusals('partition', name, `create table ${name} (a int)`);
  }
  const before = await shape();
  expect((await site.run('db storage status --exit-code')).code).toBe(0);
  expect(await shape()).toEqual(before);
});

test('a unique index that partitions added later would lack, or that a copy would lose, is named first', async () => {
  await site.pool.query('truncate datapoints; create unique index twin on datapoints (event_public_id, timestamp)');
  const refused = async (command: string) => {
    for (const dry of [' --dry-run', '']) {
      const { code, stderr } = await site.run(`db storage ${command}${dry}${AGREED}`);
      expect([command, code, stderr]).toEqual([
        command,
        4,
        expect.stringMatching(/would (be lost|lose): the .*index "?twin/),
      ]);
    }
  };
  await refused('partition');
  await site.pool.query('drop index twin');
  await insert(60);
  expect(await site.run(`db storage partition${AGREED}`)).toMatchObject({ code: 0 });
  const first = (await partitionNames()).find((name) => name.includes('before'));
  await site.pool.query(`create index twin on ${first} (value)`);
  await refused('split');
  await site.pool.query(`insert into datapoints (public_id, value, timestamp, event_public_id)
    values ('later', 1, now() + interval '65 days', '${event.publicId}')`);
  await refused('plain');
  await site.pool.query(`drop index twin; delete from datapoints where public_id = 'later'`);
  expect(await site.run(`db storage plain${AGREED}`)).toMatchObject({ code: 0 });
});

test('without a conversion that was interrupted, there is nothing to undo', async () => {
  for (const dry of [' --dry-run', '']) {
    expect(JSON.parse((await site.run(`db storage plain --json${dry}${AGREED}`)).stdout)).toEqual({
      changed: false,
      form: 'plain',
    });
    expect((await site.run(`db storage plain${dry}${AGREED}`)).stderr).toContain('Nothing to do.');
  }
});

test('a view or trigger, which the partitions would lose, is named, and nothing is changed', async () => {
  await site.pool.query(`create view warm as select * from datapoints where value > 20;
    create function nothing() returns trigger language plpgsql as 'begin return new; end';
    create trigger noting after insert on datapoints for each row execute function nothing()`);
  const before = await shape();
  for (const dry of ['', ' --dry-run']) {
    const { code, stderr } = await site.run(`db storage partition${AGREED}${dry}`);
    expect([code, stderr]).toEqual([4, expect.stringMatching(/the trigger noting, the view warm/)]);
  }
  expect(await shape()).toEqual(before);
  await site.pool.query('drop view warm; drop function nothing cascade');
});

test('an interrupted conversion into a hypertable is not taken for one into partitions', async () => {
  const before = await shape();
  await site.pool.query(`create table datapoints_timescale ();
    create function datapoints_timescale() returns trigger language plpgsql as 'begin return new; end'`);
  const { advice } = JSON.parse((await site.run('db storage status --json')).stdout);
  expect(advice).toContainEqual(expect.objectContaining({ due: true, command: 'webmacs db storage timescale' }));
  expect(await site.run(`db storage partition${AGREED}`)).toMatchObject({
    code: 4,
    stderr: expect.stringContaining('undo it: webmacs db storage plain'),
  });
  expect((await site.run(`db storage plain${AGREED}`)).code).toBe(0);
  expect(await shape()).toEqual(before);
});

test('what an interrupted conversion has left is continued, and can be undone', async () => {
  const before = await shape();
  const rest = 'create unique index datapoints_by_id_and_time on datapoints (id, timestamp)';
  await site.pool.query(rest);
  const status = await site.run('db storage status --exit-code --json');
  expect([status.code, JSON.parse(status.stdout).advice[0].due]).toEqual([6, true]);
  expect((await site.run(`db storage plain${AGREED}`)).code).toBe(0);
  expect(await shape()).toEqual(before);
  await site.pool.query(rest);
  await site.pool.query(
    `alter table datapoints add constraint datapoints_before_partitions check (timestamp < '2300-01-01Z') not valid`,
  );
  expect((await site.run(`db storage partition --every week --ahead 1${AGREED}`)).code).toBe(0);
  expect(JSON.parse((await site.run('db storage status --json')).stdout)).toMatchObject({
    form: 'partitions',
    period: 'week',
  });
});

test('coming partitions are added; a datapoint after the last one is refused with what to do', async () => {
  const refused = await site.run('datapoints import - --create-events --json', {
    input: 'timestamp,event,value\n2199-01-01T00:00:00Z,new,1\n',
  });
  expect([refused.code, refused.stderr]).toEqual([5, expect.stringContaining('webmacs db storage extend')]);
  expect(
    JSON.parse((await site.run(`db storage extend --ahead 3 --dry-run --json${AGREED}`)).stdout).would_add,
  ).toHaveLength(1);
  expect(JSON.parse((await site.run(`db storage extend --ahead 3 --json${AGREED}`)).stdout).added).toHaveLength(1);
  expect(JSON.parse((await site.run(`db storage extend --ahead 3 --json${AGREED}`)).stdout).added).toEqual([]);
});

test('datapoints in a default partition, for which no partition could be added, are named with what to do', async () => {
  await using other = await aSite();
  const { publicId: owner } = await aUser(other, { username: 'root', admin: true });
  const { publicId } = await anEvent(other, { owner });
  await other.run(`db storage partition${AGREED}`);
  await other.pool.query('create table rest partition of datapoints default');
  const insertOne = async (days: number) =>
    await other.pool.query(
      `insert into datapoints (public_id, value, timestamp, event_public_id) values (gen_random_uuid(), 1, now() + $1 * interval '1 day', $2)`,
      [days, publicId],
    );
  await insertOne(1000);
  expect((await other.run(`db storage extend --ahead 5${AGREED}`)).code).toBe(0);
  await insertOne(215);
  for (const dry of [' --dry-run', '']) {
    const { code, stderr } = await other.run(`db storage extend --ahead 9${dry}${AGREED}`);
    expect([code, stderr]).toEqual([4, expect.stringMatching(/partition rest has 1 datapoint .*\n.*DETACH/)]);
  }
  await other.pool.query('alter table datapoints detach partition rest');
  expect((await other.run(`db storage extend --ahead 9${AGREED}`)).code).toBe(0);
  await other.pool.query(
    'insert into datapoints select * from rest where timestamp < (select max(timestamp) from rest)',
  );
});

test('rows of a table that was never analysed are counted', async () => {
  await using other = await aSite();
  const { publicId: owner } = await aUser(other, { username: 'root', admin: true });
  const { publicId } = await anEvent(other, { owner });
  await other.pool.query(
    `insert into datapoints (public_id, value, timestamp, event_public_id) select n::text, 1, now(), $1 from generate_series(1, 7) n`,
    [publicId],
  );
  expect(JSON.parse((await other.run('db storage status --json')).stdout)).toMatchObject({ form: 'plain', rows: 7 });
});

test('ids that are an identity go on, there and back, and so do privileges and the comment', async () => {
  await using other = await aSite();
  const { publicId: owner } = await aUser(other, { username: 'root', admin: true });
  const { publicId } = await anEvent(other, { owner });
  await other.pool.query(`alter table datapoints alter id drop default; drop sequence datapoints_id_seq;
    alter table datapoints alter id add generated by default as identity (start 41);
    comment on table datapoints is 'it''s ours'; grant select on datapoints to public`);
  const facts = `select obj_description('datapoints'::regclass) as comment, relacl::text as acl, attidentity as identity
    from pg_class c join pg_attribute on attrelid = c.oid and attname = 'id' where c.oid = 'datapoints'::regclass`;
  const before = (await other.pool.query(facts)).rows;
  const insertOne = async () =>
    (
      await other.pool.query(
        `insert into datapoints (public_id, value, timestamp, event_public_id) values (gen_random_uuid(), 1, now(), $1) returning id`,
        [publicId],
      )
    ).rows[0].id;
  const ids = [await insertOne()];
  for (const form of ['partition', 'plain']) {
    expect((await other.run(`db storage ${form}${AGREED}`)).code).toBe(0);
    expect((await other.pool.query(facts)).rows).toEqual(before);
    ids.push(await insertOne());
  }
  expect(ids.map(Number)).toEqual([41, 42, 43]);
});
