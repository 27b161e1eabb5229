import { afterAll, beforeAll, beforeEach, expect } from 'vitest';
import { unpartition } from '../../src/storage/plain.ts';
import { makeHypertable } from '../../src/storage/timescale.ts';
import { AGREED, anEvent, type Site } from '../support/site.ts';
import { aSiteFor, hasForm, testForm } from '../support/storage-forms.ts';
import { until } from '../support/until.ts';

let site: Site;
let event: string;
beforeAll(async () => {
  if (hasForm('hypertable')) {
    site = await aSiteFor('hypertable');
    ({ publicId: event } = await anEvent(site));
    await site.pool.query(`comment on table datapoints is 'ours'; grant select on datapoints to public;
      alter table datapoints alter value set statistics 7; create table log (what text);
      create function log() returns trigger language plpgsql as 'begin insert into public.log values (tg_op); return null; end';
      create trigger logging after insert on datapoints for each row execute function log()`);
  }
});
afterAll(() => site?.[Symbol.asyncDispose]());

/** One table with a datapoint an hour, until today. */
beforeEach(async () => {
  await site?.run(`db storage plain${AGREED}`);
  await site?.pool.query('truncate datapoints');
  await site?.pool.query(
    `insert into datapoints (public_id, value, timestamp, event_public_id)
     select gen_random_uuid(), case when n % 9 = 0 then 'NaN'::float8 else n end, date_trunc('day', now()) - n * interval '1 hour', $1
       from generate_series(0, 1999) n`,
    [event],
  );
});

async function run(command: string, code = 0): Promise<string> {
  const outcome = await site.run(`db storage ${command}${AGREED}`);
  expect([outcome.code, outcome.code === code ? '' : outcome.stderr]).toEqual([code, '']);
  return outcome.stdout + outcome.stderr;
}

async function content(): Promise<unknown> {
  const { rows } = await site.pool.query(
    `select count(*)::int as rows, md5(string_agg(d::text, '|' order by d::text)) as sum from datapoints d`,
  );
  return rows[0];
}

/** All that the table has, but for the keys, which need the time. */
async function shape(): Promise<unknown> {
  const { rows } = await site.pool.query(
    `select array(select format('%s %s', conname, pg_get_constraintdef(oid)) from pg_constraint
                   where conrelid = 'datapoints'::regclass and contype = 'f' order by 1) as constraints,
            array(select pg_get_indexdef(indexrelid) from pg_index where indrelid = 'datapoints'::regclass and not indisunique order by 1) as indexes,
            array(select format('%s %s %s %s', attname, format_type(atttypid, atttypmod), pg_get_expr(adbin, adrelid), attstattarget)
                    from pg_attribute left join pg_attrdef on adrelid = attrelid and adnum = attnum
                   where attrelid = 'datapoints'::regclass and attnum > 0 and not attisdropped order by attnum) as columns,
            array(select pg_get_triggerdef(oid) from pg_trigger where tgrelid = 'datapoints'::regclass and tgname ~ 'log') as triggers,
            (select relacl::text || relowner from pg_class where oid = 'datapoints'::regclass) as acl,
            obj_description('datapoints'::regclass) as comment, pg_get_serial_sequence('datapoints', 'id') as sequence`,
  );
  return rows[0];
}

/** What conversions add for a while. */
const LEFT = `select relname from pg_class where relname ~ '^datapoints_(plain|timescale|replaced)'
  union all select proname from pg_proc where proname ~ '^datapoints_'`;
const OTHERS = `select from pg_stat_activity where datname = current_database() and backend_type = 'client backend'
  and state <> 'idle' and pid <> pg_backend_pid()`;

async function formOf(): Promise<string> {
  return JSON.parse((await site.run('db storage status --json')).stdout).form;
}

/** Whether the licence of the server's TimescaleDB includes it. */
async function compress(): Promise<boolean> {
  const { rows } = await site.pool.query(`select current_setting('timescaledb.license') <> 'apache' as may`);
  if (rows[0].may) {
    await site.pool.query(`alter table datapoints set (timescaledb.compress, timescaledb.compress_segmentby = 'event_public_id');
      select compress_chunk(chunk) from show_chunks('datapoints', older_than => interval '20 days') chunk`);
  }
  return rows[0].may;
}

testForm('hypertable', 'a table becomes a hypertable and one table again, with all that it had', async () => {
  const before = [await content(), await shape()];
  expect(JSON.parse(await run('timescale --dry-run --json'))).toMatchObject({ needs_bytes: expect.any(Number) });
  await run('timescale');
  expect([await formOf(), await content(), await shape()]).toEqual(['hypertable', ...before]);
  await site.pool.query(`truncate log;
    insert into datapoints (public_id, value, timestamp, event_public_id) values ('new', 1, '1999-01-01Z', '${event}')`);
  expect((await site.pool.query('delete from datapoints where public_id = $1', ['new'])).rowCount).toBe(1);
  expect((await site.pool.query('select what from log')).rows).toEqual([{ what: 'INSERT' }]);
  expect(JSON.parse(await run('plain --dry-run --json'))).toMatchObject({ needs_bytes: expect.any(Number) });
  await run('plain');
  expect([await formOf(), await content(), await shape()]).toEqual(['plain', ...before]);
  expect((await site.run('db check')).code).toBe(0);
  expect((await site.pool.query(LEFT)).rows).toEqual([]);
});

testForm('hypertable', 'what happens to rows and chunks meanwhile is in the one table', async () => {
  await run('timescale');
  const compressed = await compress();
  let expected: unknown;
  const steps: string[] = [];
  const onStep = async (step: string) => {
    const n = steps.push(step);
    await site.pool.query(`update datapoints set value = -1 where value = ${n};
      delete from datapoints where value = ${1000 + n};
      insert into datapoints (public_id, value, timestamp, event_public_id) select gen_random_uuid(), 1, t, '${event}'
        from unnest(array[now() - interval '50 days', now() - interval '1 hour', now() - interval '${Math.min(n, 3)} years']) t`);
    if (step.startsWith('replacing') && steps.indexOf(step) === n - 1) {
      // The triggers of rows do not see this.
      await site.pool.query(`select drop_chunks('datapoints', older_than => interval '60 days')`);
      if (compressed) {
        await site.pool.query(
          `select compress_chunk(chunk, true) from show_chunks('datapoints', older_than => interval '10 days') chunk`,
        );
      }
    }
    expected = await content();
  };
  await unpartition(site.pool, { lockTimeoutSeconds: 5, signal: new AbortController().signal, onRows() {}, onStep });
  expect(steps.filter((step) => step.startsWith('replacing')).length).toBeGreaterThan(1);
  expect([await formOf(), await content()]).toEqual(['plain', expected]);
});

testForm('compressed', 'policies end when the table is there, before the chunks are dropped', async () => {
  await run('timescale --compress-after 30d');
  const onStep = async (step: string) => {
    if (step.startsWith('removing')) {
      throw new Error('interrupted');
    }
  };
  const options = { lockTimeoutSeconds: 5, signal: new AbortController().signal, onRows() {}, onStep };
  await expect(unpartition(site.pool, options)).rejects.toThrow('interrupted');
  const jobs = `select from timescaledb_information.jobs where hypertable_name ~ '^datapoints'`;
  expect([await formOf(), (await site.pool.query(jobs)).rowCount]).toEqual(['plain', 0]);
  expect(await run('timescale')).toContain('Removing what is left');
  expect([await formOf(), (await site.pool.query(LEFT)).rows]).toEqual(['hypertable', []]);
});

testForm('hypertable', 'a copy whose event was deleted meanwhile does not stay', async () => {
  const before = await content();
  const steps: string[] = [];
  const onStep = async (step: string) => {
    steps.push(step);
    if (step.startsWith('waiting') && steps.indexOf(step) === steps.length - 1) {
      await site.pool.query(`begin; set local session_replication_role = replica;
        insert into datapoints_timescale (id, public_id, value, timestamp, event_public_id) values (-1, 'gone', 1, now(), 'gone');
        commit`);
    }
  };
  const wish = { chunkSeconds: 86_400, compressAfter: undefined, dropAfter: undefined };
  const options = { lockTimeoutSeconds: 5, signal: new AbortController().signal, onRows() {}, onStep };
  await makeHypertable(site.pool, { ...wish, ...options });
  expect(steps.filter((step) => step.startsWith('comparing'))).toHaveLength(2);
  expect([await content(), (await site.pool.query(LEFT)).rows]).toEqual([before, []]);
});

testForm('hypertable', 'prune deletes from old chunks in batches while the copy is there', async () => {
  await run('timescale');
  const reader = await site.pool.connect();
  await reader.query('begin isolation level repeatable read; select now()');
  await run('plain --lock-timeout 0s', 7);
  await reader.query('rollback');
  reader.release();
  const { advice } = JSON.parse((await site.run('db storage status --json')).stdout);
  expect(advice[0]).toMatchObject({
    due: true,
    command: 'webmacs db storage plain',
    text: expect.stringMatching('timescale'),
  });
  const pruned = JSON.parse((await site.run('datapoints prune --older-than 30d --json')).stdout);
  expect([pruned.dropped, pruned.deleted > 0]).toEqual([undefined, true]);
  const rows = await content();
  await run('timescale');
  expect([await formOf(), await content(), (await site.pool.query(LEFT)).rows]).toEqual(['hypertable', rows, []]);
  await run('plain');
  expect([await formOf(), await content()]).toEqual(['plain', rows]);
});

for (const [goal, form, first] of [
  ['timescale', 'hypertable', 'plain'],
  ['plain', 'plain', 'timescale'],
] as const) {
  testForm('hypertable', `${goal}, killed at each step, is continued by the next run, and no row is lost`, async () => {
    await run(first);
    const before = await content();
    for (const step of ['Copying', 'Comparing', 'Replacing', 'Removing']) {
      const child = site.start(`db storage ${goal}${AGREED}`);
      let said = '';
      child.stderr?.on('data', (data) => {
        said += String(data);
      });
      await until(() => said.includes(step) || child.exitCode !== null, { deadlineMs: 40_000 });
      child.kill('SIGKILL');
      // What its session was doing may still be done.
      await until(async () => (await site.pool.query(OTHERS)).rowCount === 0);
      expect(await content()).toEqual(before);
      const { advice } = JSON.parse((await site.run('db storage status --json')).stdout);
      const isLeft = ((await site.pool.query(LEFT)).rowCount ?? 0) > 0;
      expect([advice[0]?.command === `webmacs db storage ${goal}`, advice[0]?.due ?? false]).toEqual([isLeft, isLeft]);
    }
    await run(goal);
    expect([await formOf(), await content(), (await site.pool.query(LEFT)).rows]).toEqual([form, before, []]);
  });
}

testForm('hypertable', 'a table becomes a hypertable and one table again while another session writes', async () => {
  let [written, isOver] = [2000, false];
  const writing = (async () => {
    while (!isOver) {
      await site.pool.query(
        `insert into datapoints (public_id, value, timestamp, event_public_id)
         select 'row-' || n, n, now() - (n % 40) * interval '1 month', $2 from generate_series($1::int, $1::int + 9) n`,
        [written, event],
      );
      written += 10;
    }
  })();
  for (const goal of ['timescale', 'plain']) {
    await run(goal);
    const least = written;
    const { rows } = await site.pool.query(
      'select count(*)::int as rows, count(distinct public_id)::int as ids, count(distinct id)::int as public from datapoints',
    );
    expect([rows[0].ids, rows[0].public]).toEqual([rows[0].rows, rows[0].rows]);
    expect(rows[0].rows).toBeGreaterThanOrEqual(least);
  }
  isOver = true;
  await writing;
  expect(await content()).toMatchObject({ rows: written });
});

testForm('hypertable', 'what a hypertable would lose is named first', async () => {
  await site.pool.query('create view warm as select * from datapoints where value > 20');
  for (const dry of ['', ' --dry-run']) {
    expect(await run(`timescale${dry}`, 4)).toContain('the view warm');
  }
  await site.pool.query('drop view warm');
  await site.pool.query(`update datapoints set timestamp = '-infinity' where value = 5`);
  expect(await run('timescale', 4)).toContain('-infinity');
});

testForm('hypertable', 'continuous aggregates, which one table cannot have, are named first', async () => {
  await run('timescale');
  if (!(await compress())) {
    return;
  }
  await site.pool.query(`create materialized view daily with (timescaledb.continuous) as
    select time_bucket('1 day', timestamp) as day, avg(value) from datapoints group by 1 with no data`);
  for (const dry of ['', ' --dry-run']) {
    expect(await run(`plain${dry}`, 4)).toContain('DROP MATERIALIZED VIEW public.daily');
  }
  await site.pool.query('drop materialized view daily');
  await run('plain');
});
