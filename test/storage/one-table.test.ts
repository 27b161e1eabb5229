import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { unpartition } from '../../src/storage/plain.ts';
import { temporaryDirectory } from '../support/program.ts';
import { AGREED, anEvent, aSite, aUser, type Site } from '../support/site.ts';

let site: Site;
let owner: string;
let event: string;
/** Of one table. */
let before: unknown;
beforeAll(async () => {
  site = await aSite();
  ({ publicId: owner } = await aUser(site, { username: 'root', admin: true }));
  ({ publicId: event } = await anEvent(site, { owner }));
  await site.pool.query(`comment on table datapoints is 'ours'; grant select on datapoints to public`);
  await run('partition');
  await run('plain');
  before = await shape();
});
afterAll(() => site[Symbol.asyncDispose]());

/** A row a day of three months until today, in the first partition, and some of a later one. */
beforeEach(async () => {
  await site.run(`db storage plain${AGREED}`);
  await site.pool.query('truncate datapoints');
  await run('partition');
  await insert(-90, 0);
  await insert(65, 75);
});

async function run(command: string, code = 0): Promise<string> {
  const outcome = await site.run(`db storage ${command}${AGREED}`);
  expect([outcome.code, outcome.code === code ? '' : outcome.stderr]).toEqual([code, '']);
  return outcome.stdout + outcome.stderr;
}

/** SQL for a time, in days from today. */
function day(days: number): string {
  return `date_trunc('day', now()) + interval '${days} days'`;
}

async function insert(from: number, to: number): Promise<void> {
  await site.pool.query(
    `insert into datapoints (public_id, value, timestamp, event_public_id)
     select gen_random_uuid(), case when n % 9 = 0 then 'NaN'::float8 else n end, t, $1
       from generate_series(${day(from)}, ${day(to)}, '1 day') with ordinality s (t, n)`,
    [event],
  );
}

const CONTENT = `select count(*)::int as rows, md5(string_agg(d::text, '|' order by d::text)) as sum from datapoints d`;

async function content(): Promise<unknown> {
  return (await site.pool.query(CONTENT)).rows[0];
}

async function shape(): Promise<unknown> {
  const { rows } = await site.pool.query(
    `select array(select format('%s %s', conname, pg_get_constraintdef(oid)) from pg_constraint
                   where conrelid = 'datapoints'::regclass and contype <> 'n' order by 1) as constraints,
            array(select pg_get_indexdef(indexrelid) from pg_index where indrelid = 'datapoints'::regclass order by 1) as indexes,
            array(select format('%s %s %s', attname, format_type(atttypid, atttypmod), pg_get_expr(adbin, adrelid))
                    from pg_attribute left join pg_attrdef on adrelid = attrelid and adnum = attnum
                   where attrelid = 'datapoints'::regclass and attnum > 0 and not attisdropped order by attnum) as columns,
            (select relacl::text from pg_class where oid = 'datapoints'::regclass) as acl,
            obj_description('datapoints'::regclass) as comment, pg_get_serial_sequence('datapoints', 'id') as sequence`,
  );
  return rows[0];
}

/** Tables and functions that the conversion adds for a while. */
async function leftovers(): Promise<unknown[]> {
  const { rows } = await site.pool.query(
    `select relname from pg_class where relname ~ 'datapoints_(plain|replaced)' union all select proname from pg_proc where proname = 'datapoints_plain'`,
  );
  return rows;
}

/** Interrupts the conversion once all rows are copied, by another session that has a snapshot. */
async function interrupted(): Promise<string> {
  const reader = await site.pool.connect();
  await reader.query('begin isolation level repeatable read; select now()');
  const said = await run('plain --lock-timeout 0s', 7);
  await reader.query('rollback');
  reader.release();
  return said;
}

/** Interrupts the conversion once the copy has taken the place of the partitions. */
async function interruptedAtTheEnd(): Promise<void> {
  const onStep = async (step: string) => {
    if (step.startsWith('removing')) {
      throw new Error('interrupted');
    }
  };
  const options = { lockTimeoutSeconds: 5, signal: new AbortController().signal, onRows() {}, onStep };
  await expect(unpartition(site.pool, options)).rejects.toThrow('interrupted');
}

/** The one with all earlier times. */
async function firstPartition(): Promise<{ name: string; bound: string }> {
  const { rows } = await site.pool.query(
    `select inhrelid::regclass::text as name, pg_get_expr(relpartbound, inhrelid) as bound
       from pg_inherits join pg_class on oid = inhrelid where inhparent = 'datapoints'::regclass order by relname desc limit 1`,
  );
  return rows[0];
}

test('several partitions become one table with all rows and all that it had', async () => {
  // As if the first had been the only one with rows until just before it became the table.
  await site.pool.query(`create unique index datapoints_by_id on ${(await firstPartition()).name} (id)`);
  const rows = await content();
  expect(JSON.parse(await run('plain --dry-run --json'))).toMatchObject({
    changed: false,
    needs_bytes: expect.any(Number),
  });
  await run('plain');
  expect([await content(), await shape(), await leftovers()]).toEqual([rows, before, []]);
  await insert(1, 2);
  expect((await site.run('db check')).code).toBe(0);
  expect(JSON.parse((await site.run('db storage status --json')).stdout).form).toBe('plain');
});

test('what is written meanwhile is in the copy, whatever happens to rows and partitions', async () => {
  const { name, bound } = await firstPartition();
  const steps: string[] = [];
  let expected: unknown;
  const onStep = async (step: string) => {
    const n = steps.push(step);
    await site.pool.query(`update datapoints set value = -1 where timestamp = ${day(-n)};
      update datapoints set timestamp = ${day(80 + n)} where timestamp = ${day(-n - 20)};
      delete from datapoints where timestamp = ${day(-n - 40)}; delete from datapoints where timestamp = ${day(64 + n)}`);
    if (step.startsWith('replacing') && steps.indexOf(step) === n - 1) {
      // The triggers of rows do not see this.
      await site.pool.query(`truncate ${name}; alter table datapoints detach partition ${name};
        insert into ${name} (public_id, value, timestamp, event_public_id) values ('back', 1, ${day(-3)}, '${event}');
        alter table datapoints attach partition ${name} ${bound}`);
    }
    expected = await content();
  };
  await unpartition(site.pool, { lockTimeoutSeconds: 5, signal: new AbortController().signal, onRows() {}, onStep });
  expect(steps.filter((step) => step.startsWith('replacing'))).toHaveLength(2);
  expect([await content(), await shape(), await leftovers()]).toEqual([expected, before, []]);
});

test.each(['plain', 'widen'])(
  'an interruption before the partitions are dropped is named, and "%s" drops them',
  async (next) => {
    const rows = await content();
    await interruptedAtTheEnd();
    const { form, advice } = JSON.parse((await site.run('db storage status --json')).stdout);
    expect([await content(), form, advice[0]]).toMatchObject([
      rows,
      'plain',
      { due: true, command: 'webmacs db storage plain' },
    ]);
    expect(advice[0].text).toBe(
      'A conversion was interrupted once the datapoints had their new form. Run again, it finishes.',
    );
    using folder = temporaryDirectory();
    for (const other of ['db check', `db backup -o ${folder.path}/all.tar.zst`, 'datapoints list --limit 1']) {
      expect((await site.run(other)).code).toBe(0);
    }
    expect(await run(next)).toContain('Removing what is left');
    expect([await content(), await leftovers()]).toEqual([rows, []]);
    if (next === 'plain') {
      expect(await shape()).toEqual(before);
    }
  },
);

test('until the partitions are dropped, what their references delete fires no trigger of theirs', async () => {
  const { publicId } = await anEvent(site, { owner });
  await site.pool.query(`create table deleted (value float8); create function log() returns trigger language plpgsql
      as 'begin insert into public.deleted values (old.value); return null; end';
    create trigger log after delete on datapoints for each row execute function log()`);
  await site.pool.query(
    `insert into datapoints (public_id, value, timestamp, event_public_id) values ('one', 1, ${day(-1)}, $1)`,
    [publicId],
  );
  await interruptedAtTheEnd();
  await site.pool.query('delete from events where public_id = $1', [publicId]);
  expect((await site.pool.query('select value from deleted')).rows).toEqual([{ value: 1 }]);
  await site.pool.query('drop trigger log on datapoints');
});

test('an interruption is named, with what undoes it; the same command finishes', async () => {
  const rows = await content();
  expect(await interrupted()).toMatch(/open for more than 0 s.*\n.*continues/s);
  const { advice } = JSON.parse((await site.run('db storage status --json')).stdout);
  expect(advice[0]).toMatchObject({
    due: true,
    command: 'webmacs db storage plain',
    text: expect.stringMatching('partition'),
  });
  for (const other of ['split', 'widen']) {
    await site.pool.query('alter table datapoints alter id type int');
    await run(other, 4);
  }
  expect(await run('partition --dry-run')).toContain('Would remove what an interrupted conversion has left');
  await run('partition');
  expect([await content(), await leftovers()]).toEqual([rows, []]);
  await interrupted();
  await run('plain');
  expect([await content(), await leftovers()]).toEqual([rows, []]);
});

test('a column that was added after an interruption has its values afterwards', async () => {
  await interrupted();
  await site.pool.query('alter table datapoints add column note text; update datapoints set note = id');
  const rows = await content();
  await run('plain');
  expect(await content()).toEqual(rows);
  await site.pool.query('alter table datapoints drop column note');
});

test('an id that two partitions have is a conflict, and no row is refused afterwards', async () => {
  await site.pool.query(`update datapoints set public_id = 'twice' where timestamp in (${day(65)}, ${day(66)})`);
  expect(await run('plain', 4)).toMatch(/same public_id.*twice/);
  await site.pool.query(`update datapoints set public_id = 'twice' where timestamp = ${day(67)}`);
  await run('partition');
  await site.pool.query(`update datapoints set public_id = gen_random_uuid() where public_id = 'twice'`);
});

test('ids that are an identity go on', async () => {
  await using other = await aSite();
  const { publicId: owner } = await aUser(other, { username: 'root', admin: true });
  const { publicId } = await anEvent(other, { owner });
  await other.pool.query(`alter table datapoints alter id drop default; drop sequence datapoints_id_seq;
    alter table datapoints alter id add generated by default as identity (start 41)`);
  const insertOne = async (days: number) => {
    const { rows } = await other.pool.query(
      `insert into datapoints (public_id, value, timestamp, event_public_id) values (gen_random_uuid(), 1, ${day(days)}, $1) returning id`,
      [publicId],
    );
    return Number(rows[0].id);
  };
  const ids = [await insertOne(0)];
  expect((await other.run(`db storage partition${AGREED}`)).code).toBe(0);
  ids.push(await insertOne(70));
  expect((await other.run(`db storage plain${AGREED}`)).code).toBe(0);
  ids.push(await insertOne(1));
  expect(ids).toEqual([41, 42, 43]);
  const { rows } = await other.pool.query(
    `select attidentity, pg_get_serial_sequence('datapoints', 'id') as sequence from pg_attribute
      where attrelid = 'datapoints'::regclass and attname = 'id'`,
  );
  expect(rows).toEqual([{ attidentity: 'd', sequence: 'public.datapoints_id_seq' }]);
});
