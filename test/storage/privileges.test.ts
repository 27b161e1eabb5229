import { afterAll, beforeAll, expect, test } from 'vitest';
import { AGREED, anEvent, aSite, type Site } from '../support/site.ts';
import { until } from '../support/until.ts';

const ROLE = `converter_${Date.now()}`;
let site: Site;
let url: string;
beforeAll(async () => {
  site = await aSite();
  const { publicId } = await anEvent(site);
  await site.pool.query(
    `insert into datapoints (public_id, value, timestamp, event_public_id)
     select gen_random_uuid(), n, now() - n * interval '1 day', $1 from generate_series(1, 100) n`,
    [publicId],
  );
  await site.pool.query(`create role ${ROLE} login; alter table datapoints owner to ${ROLE};
    grant usage, create on schema public to ${ROLE};
    grant select, references on all tables in schema public to ${ROLE}`);
  url = Object.assign(new URL(site.url), { username: ROLE }).href;
});
afterAll(async () => {
  await site.pool.query(`drop owned by ${ROLE}; drop role ${ROLE}`);
  await site[Symbol.asyncDispose]();
});

async function run(command: string): Promise<{ code: number | null; stderr: string }> {
  return await site.run(`db storage ${command}${AGREED}`, { env: { DATABASE_URL: url } });
}

test('the owner of datapoints can convert it, and undo that, without the right to lock what it refers to', async () => {
  for (const command of ['partition', 'split', 'plain', 'partition', 'plain']) {
    expect(await run(command)).toMatchObject({ code: 0 });
  }
  expect(await run('partition')).toMatchObject({ code: 0 });
  const reader = await site.pool.connect();
  await reader.query('begin isolation level repeatable read; select now()');
  expect(await run('split --lock-timeout 0s')).toMatchObject({ code: 7 });
  await reader.query('rollback');
  reader.release();
  for (const command of ['split --undo', 'plain']) {
    expect(await run(command)).toMatchObject({ code: 0 });
  }
});

test('an event that is deleted while its datapoints are copied, whose references are then checked, is no error', async () => {
  expect(await run('partition')).toMatchObject({ code: 0 });
  const { publicId } = await anEvent(site);
  await site.pool.query(
    `insert into datapoints (public_id, value, timestamp, event_public_id) values (gen_random_uuid(), 1, now() - interval '9 days', $1)`,
    [publicId],
  );
  const reader = await site.pool.connect();
  await reader.query('begin isolation level repeatable read; select now()');
  expect(await run('split --lock-timeout 0s')).toMatchObject({ code: 7 });
  await reader.query('rollback');
  reader.release();
  // As if it had copied nothing yet, and took its time for the first batch.
  await site.pool.query(`truncate datapoints_split; comment on table datapoints_split is null;
    create function slow() returns trigger language plpgsql as 'begin perform pg_sleep(1); return null; end';
    create trigger slowly before insert on datapoints_split for each statement execute function slow()`);
  const splitting = run('split');
  await until(
    async () => (await site.pool.query(`select from pg_stat_activity where wait_event = 'PgSleep'`)).rowCount,
  );
  await site.pool.query('delete from events where public_id = $1', [publicId]);
  await site.pool.query('drop trigger slowly on datapoints_split');
  expect(await splitting).toMatchObject({ code: 0 });
  expect((await site.pool.query('select from datapoints where event_public_id = $1', [publicId])).rowCount).toBe(0);
  await site.pool.query('drop function slow');
  expect(await run('plain')).toMatchObject({ code: 0 });
});

test.each([
  ['REFERENCES on experiments', `references on experiments`],
  ['CREATE on the schema public', 'create on schema public'],
])('%s, which a conversion needs, is named first', async (lacking, privilege) => {
  await site.pool.query(`revoke ${privilege} from ${ROLE}, public`);
  for (const dry of ['', ' --dry-run']) {
    const { code, stderr } = await run(`partition${dry}`);
    expect([code, stderr]).toEqual([4, expect.stringContaining(`it lacks ${lacking}.`)]);
  }
  await site.pool.query(`grant ${privilege} to ${ROLE}`);
});

test('what widening needs is named first, too', async () => {
  await site.pool.query('alter table datapoints alter id type int');
  await site.pool.query(
    `revoke create on schema public from ${ROLE}; alter table datapoints add column id_bigint bigint`,
  );
  const refused = async (lacking: string) => {
    for (const dry of ['', ' --dry-run']) {
      const { code, stderr } = await run(`widen${dry}`);
      expect([code, stderr]).toEqual([4, expect.stringContaining(`it lacks ${lacking}.`)]);
    }
  };
  await refused('CREATE on the schema public');
  await site.pool.query('alter table datapoints drop column id_bigint; create table child () inherits (datapoints)');
  await refused('ownership of child');
  await site.pool.query('drop table child');
  expect(await run('widen')).toMatchObject({ code: 0 });
});
