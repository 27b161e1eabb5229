import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { widen } from '../../src/storage/widen.ts';
import { AGREED, anEvent, aSite, aUser, layout, type Site } from '../support/site.ts';

/** As an interrupted run leaves it, so that a small table is treated as a large one. */
const STARTED = 'alter table datapoints add column id_bigint bigint';

let site: Site;
let event: string;
beforeAll(async () => {
  site = await aSite();
  ({ publicId: event } = await anEvent(site));
});
afterAll(() => site[Symbol.asyncDispose]());

/** Makes the table anew, with integer ids and rows in each of three months, in a form; partitions stay. */
async function remake(form: 'plain' | 'partitions' | 'inherited'): Promise<void> {
  await site.pool.query(`drop table if exists child, other; truncate datapoints;
    alter table datapoints alter id type int; alter sequence datapoints_id_seq as int restart 7`);
  const isPartitioned = (await site.pool.query(`select from pg_class where relname = 'p1'`)).rowCount === 1;
  if (form === 'partitions' && !isPartitioned) {
    await site.pool.query(`create table parts (like datapoints including defaults including comments,
        primary key (id, timestamp), unique (public_id, timestamp)) partition by range (timestamp);
      alter sequence datapoints_id_seq owned by parts.id; drop table datapoints; alter table parts rename to datapoints;
      alter index parts_pkey rename to datapoints_pkey;
      alter table datapoints add foreign key (event_public_id) references events (public_id) on delete cascade,
        add foreign key (experiment_public_id) references experiments (public_id) on delete set null;
      create index on datapoints (timestamp); create index on datapoints (event_public_id, timestamp);
      create index on datapoints (experiment_public_id, timestamp);
      create table p1 partition of datapoints for values from (minvalue) to ('2026-02-01Z');
      create table p2 partition of datapoints for values from ('2026-02-01Z') to ('2099-01-01Z') partition by range (timestamp);
      create table p2a partition of p2 for values from ('2026-02-01Z') to ('2026-03-01Z');
      create table p2b partition of p2 for values from ('2026-03-01Z') to ('2099-01-01Z')`);
  }
  if (form === 'inherited') {
    // One that was a table of its own before.
    await site.pool.query(`create table child () inherits (datapoints); alter table child add primary key (id);
      create table other (like datapoints including defaults); alter table other inherit datapoints`);
  }
  await insert(90);
  if (form === 'inherited') {
    await site.pool.query(`with moved as (delete from only datapoints where timestamp >= '2026-02-01Z' returning *)
      insert into child select * from moved;
      with moved as (delete from child where timestamp >= '2026-03-01Z' returning *) insert into other select * from moved`);
  }
}

async function insert(count: number): Promise<void> {
  await site.pool.query(
    `insert into datapoints (public_id, value, timestamp, event_public_id)
     select gen_random_uuid(), n, timestamptz '2026-01-01Z' + n * interval '1 day', $2 from generate_series(0, $1::int - 1) n`,
    [count, event],
  );
}

/** What is not to change: rows, keys, indexes, checks, triggers, functions, privileges, sequence, of each table of the datapoints. */
async function state(): Promise<unknown[]> {
  const { rows } = await site.pool.query(
    `with recursive tree as (
       select 'datapoints'::regclass::oid as oid union select inhrelid from tree join pg_inherits on inhparent = tree.oid
     ) select relname, relacl::text,
         (select count(*)::int from datapoints d where d.tableoid = c.oid) as rows,
         (select md5(string_agg(format('%s %s %s', id, public_id, value), '|' order by id)) from datapoints d where d.tableoid = c.oid) as content,
         array(select format('%s %s %s', conname, convalidated, pg_get_constraintdef(k.oid)) from pg_constraint k
                where conrelid = c.oid and contype <> 'n' order by 1) as constraints,
         array(select pg_get_indexdef(indexrelid) || indisvalid from pg_index where indrelid = c.oid order by 1) as indexes,
         array(select format('%s %s %s %s', attname, attnotnull, attidentity, pg_get_expr(adbin, adrelid))
                 from pg_attribute left join pg_attrdef on adrelid = attrelid and adnum = attnum
                where attrelid = c.oid and attnum > 0 and not attisdropped order by attname) as columns,
         array(select tgname from pg_trigger where tgrelid = c.oid and not tgisinternal) as triggers,
         (select count(*)::int from pg_proc where pronamespace = 'public'::regnamespace) as functions,
         (select concat_ws(' ', attstattarget, attoptions) from pg_attribute where attrelid = c.oid and attname = 'id') as settings,
         array(select concat_ws(' ', conname, obj_description(k.oid, 'pg_constraint'), obj_description(conindid, 'pg_class'))
                 from pg_constraint k where conrelid = c.oid and contype in ('p', 'u') order by 1) as comments,
         col_description(c.oid, (select attnum from pg_attribute where attrelid = c.oid and attname = 'id')) as comment,
         pg_get_serial_sequence(relname::text, 'id') as sequence
       from pg_class c join tree using (oid) order by relname`,
  );
  return rows;
}

async function types(): Promise<unknown> {
  const { rows } = await site.pool.query(
    `select array(select distinct format_type(atttypid, null) from pg_attribute where attname = 'id' and attrelid in (
              select 'datapoints'::regclass union select inhrelid from pg_inherits)) as ids,
            (select data_type::text from pg_sequences where sequencename = 'datapoints_id_seq') as sequence`,
  );
  return rows[0];
}

/** Widens until before the step of that number, as a process that is killed there; returns whether it was done before. */
async function widenUntil(step: number): Promise<boolean> {
  let steps = 0;
  const onStep = async () => {
    steps += 1;
    if (steps === step) {
      throw new Error('killed');
    }
  };
  try {
    await widen(site.pool, { lockTimeoutSeconds: 20, signal: new AbortController().signal, onProgress() {}, onStep });
    return true;
  } catch (error) {
    expect(error).toEqual(new Error('killed'));
    return false;
  }
}

const run = async (words: string) => {
  const { code, stdout, stderr } = await site.run(`db storage ${words} --json${AGREED}`);
  return { code, stderr, ...(stdout ? JSON.parse(stdout) : {}) };
};
const BIGINT = { ids: ['bigint'], sequence: 'bigint' };

const FORMS = ['plain', 'inherited', 'partitions'] as const;

describe.each(FORMS)('%s', (form) => {
  test('a small table is changed at once, and nothing else of it', async () => {
    await remake(form);
    const before = await state();
    expect(await run('widen --dry-run')).toMatchObject({ code: 0, changed: false, way: 'at once' });
    expect(await state()).toEqual(before);
    expect(await run('widen')).toMatchObject({ code: 0, changed: true, way: 'at once' });
    expect(await state()).toEqual(before);
    expect(await types()).toEqual(BIGINT);
    expect(await run('widen')).toMatchObject({ code: 0, changed: false, way: 'nothing' });
  });

  test('a second column becomes the id, and nothing else changes', async () => {
    await remake(form);
    await site.pool.query(`comment on column datapoints.id is 'internal';
      comment on constraint datapoints_pkey on datapoints is 'the key'; comment on index datapoints_pkey is 'its index';
      alter table only datapoints alter id set statistics 500, alter id set (n_distinct = -1)`);
    const before = await state();
    await site.pool.query(STARTED);
    const status = JSON.parse((await site.run('db storage status --exit-code --json')).stdout);
    expect(status.advice).toContainEqual(expect.objectContaining({ due: true, command: 'webmacs db storage widen' }));
    expect(await run('widen')).toMatchObject({ code: 0, changed: true, way: 'online' });
    expect(await state()).toEqual(before);
    expect(await types()).toEqual(BIGINT);
    await site.pool.query(`select setval('datapoints_id_seq', 9007199254740992)`);
    await insert(1);
    const { rows } = await site.pool.query('select max(id)::text as id from datapoints');
    expect(rows).toEqual([{ id: '9007199254740993' }]);
    expect((await site.run('db check')).code).toBe(0);
  });

  test('interrupted at each step, it is continued, and what is written meanwhile is there', async () => {
    await remake(form);
    await site.pool.query(STARTED);
    let written = 90;
    for (let step = 1; ; step += 1) {
      const isDone = await widenUntil(step);
      const { code } = await site.run('db storage status --exit-code');
      expect([step, code]).toEqual([step, isDone ? 0 : 6]);
      // As an import does that began before.
      await site.pool.query(`begin; set local session_replication_role = replica;
        insert into datapoints (public_id, value, timestamp, event_public_id)
          values ('while-${step}', 1, '2026-03-05Z', '${event}'); commit`);
      written += 1;
      if (isDone) {
        break;
      }
    }
    const { rows } = await site.pool.query(
      `select count(*)::int as rows, count(distinct id)::int as ids, min(id)::int as first, max(id)::int as last from datapoints`,
    );
    expect(rows).toEqual([{ rows: written, ids: written, first: 7, last: written + 6 }]);
    expect(await types()).toEqual(BIGINT);
  });

  test('--undo leaves the table as it was', async () => {
    await remake(form);
    const before = await state();
    await site.pool.query(STARTED);
    expect(await run('widen --undo')).toMatchObject({ code: 0, changed: true });
    expect(await state()).toEqual(before);
    expect(await run('widen --undo')).toMatchObject({ code: 0, changed: false });
  });
});

test('what refers to the ids is named, and nothing is changed', async () => {
  await using other = await aSite();
  await other.pool.query(`alter table datapoints alter id type int;
    alter table datapoints replica identity using index datapoints_pkey, cluster on datapoints_pkey;
    create view warm as select id from datapoints; create index by_id on datapoints (id, value);
    create table notes (datapoint int references datapoints (id))`);
  const named = async () => (await other.run(`db storage widen --dry-run${AGREED}`)).stderr;
  // A change of the type rebuilds indexes.
  expect(await named()).toMatch(/notes_datapoint_fkey on table notes, rule _RETURN on view warm\./);
  await other.pool.query(STARTED);
  expect(await named()).toMatch(
    /index by_id.*the order of rows of table datapoints, the replica identity of table datapoints/s,
  );
  const { code, stderr } = await other.run(`db storage widen${AGREED}`);
  expect([code, stderr]).toEqual([4, expect.stringContaining('view warm')]);
  expect((await other.run(`db storage widen --undo${AGREED}`)).code).toBe(0);
});

test('an identity goes on, also one that is always generated; partitions wait for the end of the widening', async () => {
  await using other = await aSite();
  const { publicId: owner } = await aUser(other, { username: 'root', admin: true });
  const { publicId } = await anEvent(other, { owner });
  await other.pool.query(`alter table datapoints alter id drop default; drop sequence datapoints_id_seq;
    alter table datapoints alter id type int; alter table datapoints alter id add generated always as identity (start 41);
    ${STARTED}`);
  const add = async () =>
    (
      await other.pool.query(
        `insert into datapoints (public_id, value, timestamp, event_public_id) values (gen_random_uuid(), 1, now(), $1) returning id::text`,
        [publicId],
      )
    ).rows[0].id;
  expect(await add()).toBe('41');
  expect((await other.run(`db storage partition${AGREED}`)).stderr).toContain('webmacs db storage widen');
  expect((await other.run(`db storage widen${AGREED}`)).code).toBe(0);
  expect(await add()).toBe('42');
  const { rows } = await other.pool.query(
    `select attidentity, format_type(atttypid, null) as type from pg_attribute where attname = 'id' and attrelid = 'datapoints'::regclass`,
  );
  expect(rows).toEqual([{ attidentity: 'a', type: 'bigint' }]);
});

test.runIf(layout === 'own')('the migration changes an empty table only', async () => {
  await using other = await aSite();
  const typeOf = async () =>
    (await other.pool.query('select pg_typeof(max(id))::text as type from datapoints')).rows[0].type;
  expect(await typeOf()).toBe('bigint');
  expect((await other.run('db rollback --to datapoints_experiment_ts --yes')).code).toBe(0);
  expect(await typeOf()).toBe('integer');
  const { publicId: owner } = await aUser(other, { username: 'root', admin: true });
  const { publicId } = await anEvent(other, { owner });
  await other.pool.query(`insert into datapoints (public_id, value, event_public_id) values ('d', 1, $1)`, [publicId]);
  expect((await other.run('db migrate')).code).toBe(0);
  expect(await typeOf()).toBe('integer');
  for (const line of ['db check', 'db generate --name nothing', 'db storage status --exit-code']) {
    const { code, stderr } = await other.run(line);
    expect([line, code, stderr]).toEqual([line, 0, expect.not.stringMatching(/bigint/)]);
  }
});
