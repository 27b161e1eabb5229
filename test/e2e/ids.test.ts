import { afterAll, expect, test } from 'vitest';
import { anEvent, aSite, layout } from '../support/site.ts';

const site = await aSite();
afterAll(() => site[Symbol.asyncDispose]());
const { name: event } = await anEvent(site);

const INPUT = `timestamp,event,value\n2026-01-01T00:00:00Z,${event},1\n`;
const add = async () => await site.run('datapoints import - --json', { input: INPUT });
const usedUpTo = async (id: number) => await site.pool.query(`select setval('datapoints_id_seq', $1)`, [id]);
const usedOf = async (line: string) => JSON.parse((await site.run(line)).stdout);

test('the end of the ids is an error of the database with what to do, and not one of the input', async () => {
  await usedUpTo(2_147_483_647);
  const { code, stdout, stderr } = await add();
  expect([code, stdout, JSON.parse(stderr).error]).toEqual([
    5,
    '',
    expect.objectContaining({
      message: expect.stringMatching(/no id left for a new row: .*datapoints_id_seq/),
      hint: expect.stringContaining('webmacs db check'),
    }),
  ]);
});

test('db info and db check report how much of the ids is used, and from 80 % on the check fails', async () => {
  await usedUpTo(1_610_612_736);
  expect((await usedOf('db check --json')).ids_used_percent).toMatchObject({ datapoints: 75, events: 0 });
  expect((await usedOf('db info --json')).tables).toContainEqual(
    expect.objectContaining({ table: 'datapoints', ids_used_percent: 75 }),
  );
  const well = await site.run('db check');
  expect([well.code, well.stderr]).toEqual([
    0,
    expect.stringContaining('Note: used ids: datapoints 75 % (1610612736 of'),
  ]);
  await usedUpTo(1_717_986_918);
  const { code, stdout, stderr } = await site.run('db check');
  expect([code, stdout]).toEqual([6, expect.stringContaining('alter table datapoints alter column id type bigint')]);
  expect(stderr).toContain('is running out of ids (schema "public"): datapoints 80 % (1717986918 of 2147483647)');
});

test('after the statements that the check prints, ids are numbers up to 2^53, and text beyond', async () => {
  const [statements = ''] = (await site.run('db check')).stdout.split('; likewise');
  await site.pool.query(statements.slice(statements.indexOf('alter')));
  expect(await usedOf('db check --json')).toMatchObject({ ids_used_percent: { datapoints: 0 } });
  for (const last of ['5000000000', '9007199254740990', '9007199254740991']) {
    await site.pool.query(`select setval('datapoints_id_seq', $1)`, [last]);
    expect((await add()).code).toBe(0);
  }
  const rows: { id: unknown; public_id: string }[] = (await usedOf('datapoints list --json')).reverse();
  expect(rows.map(({ id }) => id)).toEqual([5_000_000_001, 9_007_199_254_740_991, '9007199254740992']);
  const shown = await Promise.all(rows.map(({ public_id }) => usedOf(`datapoints show ${public_id} --json`)));
  expect(shown.map(({ id }) => id)).toEqual(rows.map(({ id }) => id));
});

test.runIf(layout === 'own')('tokens, log entries and dashboards with such ids are listed', async () => {
  await site.pool.query(`
    alter table blacklist_tokens alter id type bigint;
    insert into blacklist_tokens (id, token) values (5000000000, 'x');
    alter table dashboards alter id type bigint; alter table dashboard_widgets alter dashboard_id type bigint;
    insert into dashboards (id, public_id, name, user_public_id)
      select 5000000000, 'd', 'Overview', public_id from users limit 1;
    insert into dashboard_widgets (public_id, dashboard_id, widget_type, title)
      values ('w', 5000000000, 'gauge', 'Flow')`);
  expect(await usedOf('tokens list --json')).toEqual([
    expect.objectContaining({ id: 5_000_000_000, state: 'unknown' }),
  ]);
  expect(await usedOf('dashboards list --json')).toEqual([expect.objectContaining({ id: 5_000_000_000, widgets: 1 })]);
});
