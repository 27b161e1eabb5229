import { afterEach, beforeEach, expect, test } from 'vitest';
import { adviceOn } from '../../src/storage/advice.ts';
import { BY_TIME, type Storage } from '../../src/storage/storage.ts';
import { AGREED, anEvent, aSite, layout, type Site } from '../support/site.ts';

/** What each advice is followed by, if the tables belong to the server. */
const ASK =
  layout === 'own' ? null : expect.stringMatching(/^The tables belong to the WebMACS server.*--server-agrees\.$/);
let site: Site;
let event: string;
beforeEach(async () => {
  site = await aSite();
  ({ publicId: event } = await anEvent(site));
});
afterEach(() => site[Symbol.asyncDispose]());

interface Advice {
  due: boolean;
  command: string | null;
  obstacle: string | null;
  text: string;
}

async function adviceTo(command: string): Promise<Advice | undefined> {
  const { advice } = JSON.parse((await site.run('db storage status --json')).stdout) as { advice: Advice[] };
  return advice.find((each) => each.command === `webmacs db storage ${command}`);
}

async function insert(...times: string[]): Promise<void> {
  await site.pool.query(
    `insert into datapoints (public_id, value, timestamp, event_public_id)
     select gen_random_uuid(), 1, t, $2 from unnest($1::timestamptz[]) t`,
    [times, event],
  );
}

/** Checks that an advice names what the command is refused for, and after `remove` the command can be run. */
async function expectNamed(command: string, obstacle: RegExp, remove: string): Promise<void> {
  expect(await adviceTo(command)).toMatchObject({ obstacle: expect.stringMatching(obstacle) });
  const { stderr } = await site.run('db storage status');
  expect(stderr).toMatch(new RegExp(`${obstacle.source}.* Then run: webmacs db storage ${command}$`, 'm'));
  for (const dry of ['', ' --dry-run']) {
    const refused = await site.run(`db storage ${command}${AGREED}${dry}`);
    expect([refused.code, refused.stderr.replaceAll('\n', ' ')]).toEqual([4, expect.stringMatching(obstacle)]);
  }
  await site.pool.query(remove);
  expect(await adviceTo(command)).toMatchObject({ obstacle: ASK });
  expect(await site.run(`db storage ${command}${AGREED}`)).toMatchObject({ code: 0 });
}

test.each([
  ['the view warm', 'create view warm as select * from datapoints', 'drop view warm'],
  ['the publication all_of_it', 'create publication all_of_it for table datapoints', 'drop publication all_of_it'],
])('%s is in the way of partitions', async (obstacle, add, remove) => {
  await site.pool.query(add);
  await expectNamed('partition', new RegExp(obstacle), remove);
});

test('datapoints in the future are in the way of partitions', async () => {
  await insert('2120-01-01Z');
  await expectNamed('partition', /1 datapoint with times after .*datapoints list --from/, 'truncate datapoints');
});

test('a view of the ids is in the way of wider ones', async () => {
  await site.pool.query('alter table datapoints alter id type int; create view warm as select id from datapoints');
  await expectNamed('widen', /view warm/, 'drop view warm');
});

/** Makes partitions, of which two have rows, and starts a conversion of them, which an older snapshot keeps from its end. */
async function interrupted(command: string): Promise<void> {
  await insert('2026-01-01Z', '2026-02-01Z');
  expect((await site.run(`db storage partition${AGREED}`)).code).toBe(0);
  await insert(new Date(Date.now() + 95 * 86_400_000).toISOString());
  const reader = await site.pool.connect();
  await reader.query('begin isolation level repeatable read; select now()');
  expect((await site.run(`db storage ${command} --lock-timeout 0s${AGREED}`)).code).toBe(7);
  await reader.query('rollback');
  reader.release();
}

test('a view is in the way of finishing one table', async () => {
  await interrupted('plain');
  await site.pool.query('create view warm as select * from datapoints');
  await expectNamed('plain', /the view warm/, 'drop view warm');
});

test('a trigger of the partition is in the way of finishing its split, and not of undoing it', async () => {
  await interrupted('split');
  const { rows } = await site.pool.query(
    `select inhrelid::regclass as first from pg_inherits where inhrelid::regclass::text like '%before%' and inhparent = 'datapoints'::regclass`,
  );
  await site.pool.query(`create function nothing() returns trigger language plpgsql as 'begin return new; end';
    create trigger noting after insert on ${rows[0].first} for each row execute function nothing()`);
  expect((await site.run(`db storage split --undo --dry-run${AGREED}`)).stderr).toContain('Would undo the split.');
  await expectNamed('split', /the trigger noting/, 'drop function nothing cascade');
});

test('a last partition that ends within a month is in the way of the next', async () => {
  expect((await site.run(`db storage partition${AGREED}`)).code).toBe(0);
  const { rows } = await site.pool.query(
    `select inhrelid::regclass as name from pg_inherits where inhparent = 'datapoints'::regclass order by 1::text`,
  );
  await site.pool.query(`drop table ${rows.map(({ name }) => name).join(', ')};
    create table first partition of datapoints for values from (minvalue) to ('2026-03-02Z')`);
  expect(await adviceTo('extend')).toMatchObject({ due: true, obstacle: expect.stringContaining('Use --every week') });
  expect((await site.run(`db storage extend${AGREED}`)).code).toBe(4);
});

test('a time without a partition, as that of a detached one, is to be seen to', async () => {
  expect((await site.run(`db storage partition${AGREED}`)).code).toBe(0);
  const { rows } = await site.pool.query(
    `select format('%s', inhrelid::regclass) as name, pg_get_expr(relpartbound, inhrelid) as bound from pg_inherits
       join pg_class on oid = inhrelid where inhparent = 'datapoints'::regclass order by relname limit 1`,
  );
  const [{ name, bound }] = rows;
  await site.pool.query(`alter table datapoints detach partition ${name}`);
  const { code, stderr } = await site.run('db storage status -q --exit-code');
  expect([code, stderr]).toEqual([6, expect.stringContaining('There is no partition from ')]);
  for (const command of ['extend', 'extend --dry-run', 'split']) {
    expect([command, (await site.run(`db storage ${command}${AGREED}`)).stderr]).toEqual([
      command,
      expect.stringContaining('There is no partition from '),
    ]);
  }
  const attach = /ATTACH PARTITION \.\.\. (.*?\) TO .*?\))/s.exec(stderr.replaceAll('\n', ' '))?.[1];
  await site.pool.query(`alter table datapoints attach partition ${name} ${attach}`);
  expect(bound).toMatch(/^FOR VALUES FROM \('/);
  expect(await site.run('db storage status -q --exit-code')).toMatchObject({ code: 0 });
});

test('nothing is to be done while a conversion runs', async () => {
  await site.pool.query('create unique index datapoints_by_id_and_time on datapoints (id, timestamp)');
  expect((await site.run('db storage status --exit-code')).code).toBe(6);
  const other = await site.pool.connect();
  await other.query(`begin; select pg_advisory_xact_lock(${0x7765626d}, current_schema()::regnamespace::oid::int4)`);
  const { code, stderr } = await site.run('db storage status --exit-code');
  expect([code, stderr]).toEqual([0, expect.stringContaining('Another process is changing the storage or the schema')]);
  expect(stderr).not.toMatch(/run:/i);
  await other.query('rollback');
  other.release();
});

test.each<[string, Partial<Storage>, boolean, number, string | undefined]>([
  ['most of a large table in the first partition', {}, false, 40, 'split'],
  ['a small one', {}, false, 20, undefined],
  ['large chunks that are not compressed', { form: 'hypertable' }, true, 40, 'timescale --compress-after 30d'],
  ['chunks that are', { form: 'hypertable' }, false, 40, undefined],
])('what it would gain to change: %s', (_what, given, isUncompressed, megabytes, command) => {
  const leaf = { isDefault: false, rows: 1, compressed: false };
  const relation = { oid: 1, schema: 'public', name: 'p', sql: 'public.p', kind: 'table' as const };
  const above = [{ ...relation, name: 'datapoints' }];
  const storage: Storage = {
    ...{ form: 'partitions', key: BY_TIME, period: 'month', chunkPeriod: null, idType: 'bigint', ...given },
    leaves: [
      {
        ...leaf,
        leaf: { ...relation, above },
        from: null,
        to: '2026-01-01T00:00:00+00:00',
        bytes: megabytes * 1024 ** 2,
      },
      {
        ...leaf,
        leaf: { ...relation, above },
        from: '2026-01-01T00:00:00+00:00',
        to: '2099-01-01T00:00:00+00:00',
        bytes: 1,
      },
    ],
  };
  const nothing = { isReplaced: false, widening: false, isChanging: false, hasCopies: false, hourly: undefined };
  const advice = adviceOn(storage, { ...nothing, idsUsed: 0, unfinished: undefined, isUncompressed, now: Date.now() });
  expect(advice.map(({ due, command }) => ({ due, command }))).toEqual(command ? [{ due: false, command }] : []);
});
