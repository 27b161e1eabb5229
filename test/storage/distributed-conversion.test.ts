import { afterAll, beforeAll, expect } from 'vitest';
import { convertTo } from '../support/citus.ts';
import { AGREED, anEvent, anExperiment, type Site } from '../support/site.ts';
import { aSiteFor, hasForm, testForm } from '../support/storage-forms.ts';
import { until } from '../support/until.ts';
import { aRun } from '../support/writer-on-all.ts';

/** How datapoints become distributed while they are used, and one table again. */
const CONVERT = 'db storage citus --distribute-by event --shards 8';

let site: Site;
beforeAll(async () => {
  if (hasForm('distributed')) {
    site = await aSiteFor('distributed');
    await aRun(site);
  }
}, 60_000);
afterAll(async () => await site?.[Symbol.asyncDispose]());

async function run(command: string, code = 0): Promise<string> {
  const outcome = await site.run(`${command}${AGREED}`);
  expect([outcome.code, outcome.code === code ? '' : outcome.stderr]).toEqual([code, '']);
  return outcome.stdout + outcome.stderr;
}

async function content(): Promise<unknown> {
  const { rows } = await site.pool.query(
    `select count(*)::int as rows, sum(hashtext(d::text))::text as sum from datapoints d`,
  );
  return rows[0];
}

async function statusOf(): Promise<{ form: string; commands: unknown[]; code: number | null }> {
  const { stdout, code } = await site.run('db storage status --exit-code --json');
  const { form, advice } = JSON.parse(stdout);
  const due = advice.filter((each: { due: boolean }) => each.due);
  return { form, commands: due.map(({ command }: { command: string }) => command), code };
}

/** Converts until a step begins. */
async function interruptAt(step: string, to: 'distributed' | 'plain' = 'distributed'): Promise<void> {
  const onStep = async (text: string) => {
    if (text.startsWith(step)) {
      throw new Error('interrupted');
    }
  };
  await expect(convertTo(to, site, onStep)).rejects.toThrow('interrupted');
}

for (const [step, form] of [
  ['copying "events"', 'distributed'],
  ['copying the datapoints', 'distributed'],
  ['comparing all datapoints', 'distributed'],
  ['replacing the datapoints', 'distributed'],
] as const) {
  testForm('distributed', `interrupted before "${step}", it is undone, or goes on`, async () => {
    const before = await content();
    const interrupted = { form, commands: ['webmacs db storage citus'], code: 6 };
    await interruptAt(step);
    expect(await statusOf()).toEqual(interrupted);
    await run('db storage partition', 4);
    await run('db storage plain');
    expect(await statusOf()).toMatchObject({ form: 'plain', commands: [] });
    expect((await site.run('db check')).code).toBe(0);
    await interruptAt(step);
    await run(CONVERT);
    expect(await statusOf()).toEqual({ form: 'distributed', commands: [], code: 0 });
    expect(await content()).toEqual(before);
    await run('db storage plain');
    expect(await content()).toEqual(before);
  });
}

for (const step of ['copying the datapoints', 'comparing', 'replacing', 'removing']) {
  testForm('distributed', `back from Citus, interrupted before "${step}", it is undone, or goes on`, async () => {
    const before = await content();
    await run(CONVERT);
    const isReplaced = step === 'removing';
    const interrupted = { form: isReplaced ? 'plain' : 'distributed', commands: ['webmacs db storage plain'], code: 6 };
    await interruptAt(step, 'plain');
    expect([await statusOf(), await content()]).toEqual([interrupted, before]);
    await run(isReplaced ? 'db storage plain' : CONVERT);
    expect(await statusOf()).toMatchObject({ form: isReplaced ? 'plain' : 'distributed', commands: [] });
    await run(CONVERT);
    await interruptAt(step, 'plain');
    await run('db storage plain');
    expect([await statusOf(), await content()]).toEqual([{ form: 'plain', commands: [], code: 0 }, before]);
    expect((await site.run('db check')).code).toBe(0);
  });
}

testForm('distributed', 'comments are kept, both ways', async () => {
  const objects = [
    'table datapoints',
    'column datapoints.value',
    'index ix_datapoints_timestamp',
    'constraint datapoints_pkey on datapoints',
    'constraint datapoints_event_public_id_fkey on datapoints',
    'table events',
    'column events.name',
    'statistics "Of names"',
    'index "Names"',
    'constraint "low" on events',
    'table blacklist_tokens',
    'column blacklist_tokens.token',
  ];
  await site.pool.query(`create index "Names" on events (name); create statistics "Of names" on name, unit from events;
    alter table events add constraint "low" check (min_value < 1e30)`);
  for (const [n, object] of objects.entries()) {
    await site.pool.query(`comment on ${object} is 'It''s number ${n}'`);
  }
  const comments = async () => {
    // Those of shards have names that end in a number.
    const { rows } = await site.pool.query(
      `select identity, description from pg_description, pg_identify_object(classoid, objoid, objsubid)
        where description like 'It''s%' and identity !~ '_[0-9]+\\M' order by 1, 2`,
    );
    return rows;
  };
  const before = await comments();
  for (const command of [CONVERT, 'db storage plain']) {
    await run(command);
    expect(await comments()).toEqual(before);
  }
  await site.pool.query('drop index "Names"; drop statistics "Of names"; alter table events drop constraint "low"');
});

testForm('distributed', 'killed while rows are copied, it goes on', async () => {
  const before = await content();
  await site.pool.query(
    `insert into datapoints (public_id, value, timestamp, event_public_id)
     select 'many-' || n, n, timestamptz '2025-01-01Z' + n * interval '1 s', 'e-' || n % 9 from generate_series(1, 50000) n`,
  );
  const copying = async () => {
    const { rowCount } = await site.pool.query(
      `select from pg_stat_activity where state = 'active' and query ~ 'insert into datapoints_citus' and datname = current_database()`,
    );
    return rowCount === 1;
  };
  const killed = site.start(`${CONVERT}${AGREED}`);
  await until(copying);
  killed.kill('SIGKILL');
  await run(CONVERT);
  expect(await statusOf()).toEqual({ form: 'distributed', commands: [], code: 0 });
  const { rowCount } = await site.pool.query("delete from datapoints where public_id ~ '^many-'");
  expect([rowCount, await content()]).toEqual([50_000, before]);
  await run('db storage plain');
});

testForm(
  'distributed',
  'a conversion loses no row of sessions that write all the time, and has none twice',
  async () => {
    const { rows: users } = await site.pool.query('select public_id from users limit 1');
    const owner = users[0].public_id;
    let isOver = false;
    /** By their public ids. */
    const values = new Map<string, number>();
    const writer = async (name: string) => {
      for (let n = 0; !isOver; n += 10) {
        const rows = Array.from({ length: 10 }, (_, at) => [`${name}-${n + at}`, n + at, `e-${at % 9}`] as const);
        const list = rows.map((_, at) => `($${3 * at + 1}, $${3 * at + 2}, now(), $${3 * at + 3})`).join(', ');
        await site.pool.query(
          `insert into datapoints (public_id, value, timestamp, event_public_id) values ${list}`,
          rows.flat(),
        );
        for (const [id, value] of rows) {
          values.set(id, value);
        }
        const [[changed], [deleted]] = [rows[1] ?? [''], rows[2] ?? ['']];
        const change = await site.pool.query('update datapoints set value = -1 where public_id = $1', [changed]);
        const deletion = await site.pool.query('delete from datapoints where public_id = $1', [deleted]);
        expect([change.rowCount, deletion.rowCount]).toEqual([1, 1]);
        values.set(changed, -1);
        values.delete(deleted);
      }
    };
    const others = async () => {
      while (!isOver) {
        const { publicId: event } = await anEvent(site, { owner });
        const { publicId: experiment } = await anExperiment(site, { owner });
        const id = `of-${event}`;
        await site.pool.query(
          'insert into datapoints (public_id, value, timestamp, event_public_id, experiment_public_id) values ($1, 1, now(), $2, $3)',
          [id, event, experiment],
        );
        // Citus ends one of two sessions that wait for each other, as PostgreSQL does.
        const remove = async () => await site.pool.query('delete from events where public_id = $1', [event]);
        await until(() => remove().then(Boolean, (error) => error.code !== '40P01' && Promise.reject(error)));
      }
    };
    const writing = [writer('one'), writer('other'), others()];
    for (const goal of [CONVERT, 'db storage plain', CONVERT]) {
      await Promise.race([run(goal), Promise.all(writing)]);
    }
    isOver = true;
    await Promise.all(writing);
    const { rows } = await site.pool.query(
      "select public_id, value from datapoints where public_id ~ '^(one|other|of)-' order by public_id",
    );
    expect(new Map(rows.map(({ public_id: id, value }) => [id, value])).size).toBe(rows.length);
    expect(rows).toEqual([...values].sort().map(([id, value]) => ({ public_id: id, value })));
    await site.pool.query("delete from datapoints where public_id ~ '^(one|other)-'");
    await run('db storage plain');
  },
);

testForm('distributed', 'a trigger, which Citus does not allow, is named before anything changes', async () => {
  await site.pool.query(`create function nothing() returns trigger language plpgsql as 'begin return null; end';
    create trigger quiet after insert on events for each row execute function nothing()`);
  expect(await run(CONVERT, 4)).toContain('the trigger quiet of "events"');
  expect(await statusOf()).toMatchObject({ form: 'plain', commands: [] });
  await site.pool.query('drop function nothing cascade');
});
