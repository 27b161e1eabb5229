import { afterAll, beforeAll, expect } from 'vitest';
import { convertTo } from '../support/citus.ts';
import { AGREED, type Site } from '../support/site.ts';
import { aSiteFor, hasForm, testForm } from '../support/storage-forms.ts';
import { aRun } from '../support/writer-on-all.ts';

/** What others do to the datapoints while they become distributed, and one table again. */
const COMMANDS = { distributed: 'db storage citus --distribute-by event --shards 8', plain: 'db storage plain' };
const FORMS = ['distributed', 'plain'] as const;

let site: Site;
beforeAll(async () => {
  if (hasForm('distributed')) {
    site = await aSiteFor('distributed');
    await aRun(site);
  }
}, 60_000);
afterAll(async () => await site?.[Symbol.asyncDispose]());

/** Converts, and does something before a step. */
async function meanwhile(form: 'distributed' | 'plain', step: string, work: () => Promise<unknown>): Promise<void> {
  await run(form === 'plain' ? 'distributed' : 'plain');
  let calls = 0;
  await convertTo(form, site, async (text) => {
    if (text.startsWith(step) && calls++ === 0) {
      await work();
    }
  });
  expect(calls).toBeGreaterThan(0);
}

const write = async (from: number, to: number) =>
  await site.pool.query(
    `insert into datapoints (public_id, value, timestamp, event_public_id)
     select 'n-' || n, n, timestamptz '2025-01-01Z' + n * interval '1 s', 'e-' || n % 9 from generate_series($1::int, $2::int) n`,
    [from, to],
  );
const written = async () =>
  (await site.pool.query("select public_id as id, value from datapoints where public_id ~ '^n-' order by value")).rows;

for (const form of FORMS) {
  testForm('distributed', `to ${form}: what is changed and deleted meanwhile`, async () => {
    await write(1, 20);
    await meanwhile(form, 'replacing', async () => {
      await site.pool.query("update datapoints set value = 100 where public_id = 'n-1'");
      await site.pool.query("delete from datapoints where public_id in ('n-2', 'n-3')");
      await write(3, 3);
      // A change of the id itself, and of what no column of a key has.
      await site.pool.query("update datapoints set id = id + 1000000 where public_id = 'n-4'");
      await site.pool.query(
        "set session_replication_role = replica; delete from datapoints where public_id = 'n-5'; reset session_replication_role",
      );
    });
    const expected = Array.from({ length: 20 }, (_, at) => ({ id: `n-${at + 1}`, value: at + 1 }));
    expect(await written()).toEqual([
      ...expected.filter(({ value }) => ![1, 2, 5].includes(value)),
      { id: 'n-1', value: 100 },
    ]);
    const { rows } = await site.pool.query("select id > 1000000 as moved from datapoints where public_id = 'n-4'");
    expect(rows).toEqual([{ moved: true }]);
    await site.pool.query("delete from datapoints where public_id ~ '^n-'");
  });

  testForm('distributed', `to ${form}: a table that is emptied meanwhile`, async () => {
    await site.pool.query('create table kept as select * from datapoints');
    await meanwhile(form, 'comparing', async () => {
      await site.pool.query('truncate datapoints');
      await write(1, 30);
    });
    const { rows } = await site.pool.query('select count(*)::int as rows, max(value) as last from datapoints');
    expect(rows).toEqual([{ rows: 30, last: 30 }]);
    await site.pool.query('truncate datapoints');
    await site.pool.query('insert into datapoints select * from kept');
    await site.pool.query('drop table kept');
  });

  testForm('distributed', `to ${form}: new datapoints get the next ids`, async () => {
    await write(1, 3);
    const last = async () => Number((await site.pool.query('select max(id) as id from datapoints')).rows[0].id);
    for (const other of FORMS) {
      await run(other);
    }
    await run(form);
    const before = await last();
    await write(4, 4);
    expect(await last()).toBe(before + 1);
    await site.pool.query("delete from datapoints where public_id ~ '^n-'");
  });
}

async function run(form: 'distributed' | 'plain'): Promise<void> {
  expect(await site.run(`${COMMANDS[form]}${AGREED}`)).toMatchObject({ code: 0 });
}

for (const form of FORMS) {
  testForm('distributed', `to ${form}: rows that got each other's ids, in many changes`, async () => {
    await write(1, 12_000);
    await meanwhile(form, 'replacing', async () => {
      await site.pool.query("update datapoints set id = id + 1000000000 where public_id ~ '^n-'");
      await site.pool.query("update datapoints set id = id - 1000000007 where public_id ~ '^n-'");
    });
    expect((await written()).map(({ value }) => value)).toEqual(Array.from({ length: 12_000 }, (_, at) => at + 1));
    await site.pool.query("delete from datapoints where public_id ~ '^n-'");
  });

  testForm('distributed', `to ${form}: a column that is added meanwhile is named, and then copied`, async () => {
    await write(1, 5);
    const adding = meanwhile(form, 'replacing', async () => {
      await site.pool.query("alter table datapoints add column note text default 'new'");
    });
    await expect(adding).rejects.toThrow('Other sessions have changed the table "datapoints" meanwhile');
    await run(form);
    const { rows } = await site.pool.query("select distinct note from datapoints where public_id ~ '^n-'");
    expect(rows).toEqual([{ note: 'new' }]);
    await site.pool.query('alter table datapoints drop column note');
    await site.pool.query("delete from datapoints where public_id ~ '^n-'");
  });

  testForm('distributed', `to ${form}: ids that are far apart are copied together`, async () => {
    await write(1, 400);
    await site.pool.query("update datapoints set id = (value * 1000000)::bigint where public_id ~ '^n-'");
    let batches = 0;
    await run(form === 'plain' ? 'distributed' : 'plain');
    await convertTo(
      form,
      site,
      async () => {},
      () => {
        batches += 1;
      },
    );
    expect((await written()).length).toBe(400);
    expect(batches).toBeLessThan(20);
    await site.pool.query("delete from datapoints where public_id ~ '^n-'");
  });
}

testForm('distributed', 'ids that are an identity, which Citus does not bring back, are named first', async () => {
  await run('plain');
  await site.pool.query(`alter table datapoints alter id drop default; drop sequence datapoints_id_seq;
    alter table datapoints alter id add generated by default as identity`);
  const { code, stderr } = await site.run(`${COMMANDS.distributed}${AGREED}`);
  expect([code, stderr]).toEqual([4, expect.stringContaining('The ids of "datapoints" are an identity')]);
  await site.pool.query(/ALTER TABLE datapoints ALTER id DROP IDENTITY.*$/m.exec(stderr)?.[0] ?? 'the hint');
  await run('distributed');
  const last = async () => Number((await site.pool.query('select max(id) as id from datapoints')).rows[0].id);
  const before = await last();
  await write(1, 1);
  expect(await last()).toBe(before + 1);
  await site.pool.query("delete from datapoints where public_id ~ '^n-'");
});

testForm('distributed', 'a shard that Citus moves meanwhile', async () => {
  await write(1, 50);
  await meanwhile('plain', 'replacing', async () => {
    const { rows } = await site.pool.query(
      `select shardid, s.nodename, s.nodeport, n.nodename as host, n.nodeport as port
         from citus_shards s join pg_dist_node n on (n.nodename, n.nodeport) <> (s.nodename, s.nodeport) and n.shouldhaveshards
        where table_name = 'datapoints'::regclass order by shard_size desc limit 1`,
    );
    const { shardid, nodename, nodeport, host, port } = rows[0];
    await site.pool.query("select citus_move_shard_placement($1, $2, $3, $4, $5, 'block_writes')", [
      shardid,
      nodename,
      nodeport,
      host,
      port,
    ]);
    await site.pool.query("update datapoints set value = -value where public_id ~ '^n-'");
  });
  expect((await written()).map(({ value }) => value)).toEqual(Array.from({ length: 50 }, (_, at) => at - 50));
  await site.pool.query("delete from datapoints where public_id ~ '^n-'");
});

testForm('distributed', 'who may use the sequence may still, both ways', async () => {
  await site.pool.query(`do $$ begin create role sequence_user; exception when duplicate_object then null; end $$`);
  await site.pool.query('grant usage on sequence datapoints_id_seq to sequence_user');
  const granted = async () =>
    (await site.pool.query("select has_sequence_privilege('sequence_user', 'datapoints_id_seq', 'usage') as may")).rows;
  for (const form of FORMS) {
    await run(form);
    expect(await granted()).toEqual([{ may: true }]);
  }
  await site.pool.query('drop owned by sequence_user');
});
