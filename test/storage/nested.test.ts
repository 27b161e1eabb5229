import { expect, test } from 'vitest';
import { split } from '../../src/storage/split.ts';
import { AGREED, anEvent, aSite, aUser, type Site } from '../support/site.ts';
import { until } from '../support/until.ts';

interface LongSite extends Site {
  insert(first: number, last: number): Promise<void>;
}

/** More partitions than are put in place at once: 53 of the first one, 52 of one in the middle. */
async function aLongSite({ identity = false } = {}): Promise<LongSite> {
  const site = await aSite();
  const { publicId: owner } = await aUser(site, { username: 'root', admin: true });
  const { publicId: event } = await anEvent(site, { owner });
  if (identity) {
    await site.pool.query(
      `alter table datapoints alter id drop default; drop sequence datapoints_id_seq; alter table datapoints alter id add generated always as identity`,
    );
  }
  expect(await site.run(`db storage partition --every week${AGREED}`)).toMatchObject({ code: 0 });
  const { rows } = await site.pool.query(`select relname as name from pg_class where relispartition and relkind = 'r'`);
  await site.pool.query(`${rows.map(({ name }) => `drop table ${name};`).join('')}
    create table early partition of datapoints for values from (minvalue) to ('2025-01-06Z');
    create table middle partition of datapoints for values from ('2025-01-06Z') to ('2026-01-05Z');
    create table datapoints_2026_01_05 partition of datapoints for values from ('2026-01-05Z') to ('2026-01-12Z')`);
  const insert = async (first: number, last: number) => {
    await site.pool.query(
      `insert into datapoints (public_id, value, timestamp, event_public_id)
       select 'row-' || n, n, timestamptz '2026-01-11Z' - n % 735 * interval '1 day', $3 from generate_series($1::int, $2::int) n`,
      [first, last, event],
    );
  };
  await insert(1, 1500);
  return { ...site, insert };
}

async function content({ pool }: Site): Promise<unknown> {
  const { rows } = await pool.query(
    `select count(*)::int as rows, count(distinct public_id)::int as ids, md5(string_agg(d::text, '|' order by d::text)) as sum from datapoints d`,
  );
  return rows[0];
}

/** How many partitions there are of the datapoints, and of one that is to be replaced by its own. */
async function counts({ pool }: Site): Promise<number[]> {
  const { rows } = await pool.query(
    `select count(*) filter (where inhparent = 'datapoints'::regclass)::int as own,
            count(*) filter (where inhparent = to_regclass('datapoints_split'))::int as nested from pg_inherits`,
  );
  return [rows[0].own, rows[0].nested];
}

/** What a split adds for a while. */
const LEFT = `select relname from pg_class where relname ~ '^datapoints_split|^early$|^middle$'
  union all select proname from pg_proc where proname = 'datapoints_split'
  union all select conname from pg_constraint where conname = 'datapoints_split'`;

/** Once some of the parts are in place. */
const AGAIN = /\([1-9]\d* of \d+\)/;

async function status(site: Site) {
  return JSON.parse((await site.run('db storage status --json')).stdout);
}

/** Splits, and kills that while some of the parts are put in place, and others are. */
async function killed(site: Site, partition: string): Promise<void> {
  const child = site.start(`db storage split ${partition}${AGREED}`);
  let said = '';
  child.stderr?.on('data', (data) => {
    said += String(data);
    if (AGAIN.test(said)) {
      child.kill('SIGKILL');
    }
  });
  await until(() => child.exitCode !== null || child.signalCode !== null, { deadlineMs: 60_000 });
  // What its session was doing may still be done.
  await until(async () => {
    const { rowCount } = await site.pool.query(
      "select from pg_locks where database is not null and mode = 'AccessExclusiveLock'",
    );
    return rowCount === 0;
  });
}

/** Writes ten rows after the other until it is over. */
function aWriter({ insert }: LongSite) {
  let [written, isOver] = [1500, false];
  const writing = (async () => {
    for (; !isOver; written += 10) {
      await insert(written + 1, written + 10);
    }
  })();
  const stop = async () => {
    isOver = true;
    await writing;
    return written;
  };
  return { stop, [Symbol.asyncDispose]: async () => void (await stop()) };
}

/** Splits until the second time that parts are put in place. */
async function interrupted({ pool }: Site, partition: string): Promise<void> {
  const onStep = async (step: string) => {
    if (AGAIN.test(step)) {
      throw new Error('interrupted');
    }
  };
  const options = { lockTimeoutSeconds: 5, signal: new AbortController().signal, onRows() {}, onStep };
  await expect(split(pool, { partition, ...options })).rejects.toThrow('interrupted');
}

test('a split that is killed while its parts are put in place is finished by the next run, and a writer loses nothing', async () => {
  await using site = await aLongSite();
  await using writer = aWriter(site);
  await killed(site, 'early');
  expect((await counts(site))[1]).toBeGreaterThan(0);
  expect((await status(site)).advice[0]).toMatchObject({ due: true, command: 'webmacs db storage split' });
  const dry = await site.run('db storage split middle --dry-run --json');
  expect(JSON.parse(dry.stdout)).toMatchObject({ changed: false, split: null });
  const undone = await site.run(`db storage split --undo${AGREED}`);
  expect([undone.code, undone.stderr]).toEqual([4, expect.stringContaining('cannot be undone')]);
  expect(await site.run(`db storage split middle${AGREED}`)).toMatchObject({ code: 0 });
  const rows = await writer.stop();
  expect([await counts(site), (await site.pool.query(LEFT)).rows]).toEqual([[53 + 52 + 1, 0], []]);
  expect(await content(site)).toMatchObject({ rows, ids: rows });
  expect((await site.run('db check')).code).toBe(0);
});

test('until they are finished, all commands see the same rows', async () => {
  await using site = await aLongSite();
  const commands = [
    'datapoints export -o -',
    'datapoints export --every 1d --aggregate min,max,count -o -',
    'datapoints latest --json',
    'datapoints list --limit 3 --json',
    'db check',
  ];
  const said = async () => {
    const runs = [];
    for (const command of commands) {
      const { code, stdout } = await site.run(command);
      runs.push({ command, code, stdout });
    }
    return [...runs, await content(site)];
  };
  const before = await said();
  await interrupted(site, 'middle');
  const [own = 0, nested = 0] = await counts(site);
  // Beside two partitions, and the table of those that are not in place yet.
  expect([own + nested, nested > 0]).toEqual([3 + 52, true]);
  expect(await said()).toEqual(before);
  const { leaves } = await status(site);
  const { rows } = await site.pool.query(
    `select count(*)::int as old from datapoints where timestamp < now() - interval '600 days'`,
  );
  expect(leaves).toHaveLength(54);
  for (const command of [
    `db storage extend --ahead 1${AGREED}`,
    'db maintain',
    'datapoints prune --older-than 600d --yes',
  ]) {
    expect([command, await site.run(command)]).toMatchObject([command, { code: 0 }]);
  }
  const pruned = await content(site);
  expect(pruned).toMatchObject({ rows: 1500 - rows[0].old });
  await site.insert(2000, 2200);
  await site.pool.query(`delete from datapoints where public_id ~ 'row-2[0-9]{3}'`);
  expect(await site.run(`db storage plain${AGREED}`)).toMatchObject({ code: 0 });
  expect([await content(site), (await site.pool.query(LEFT)).rows]).toEqual([pruned, []]);
});

test('ids that are an identity stay one, and continue', async () => {
  await using site = await aLongSite({ identity: true });
  const before = await content(site);
  await interrupted(site, 'early');
  expect(await site.run(`db storage split early${AGREED}`)).toMatchObject({ code: 0 });
  expect([await content(site), (await site.pool.query(LEFT)).rows]).toEqual([before, [{ relname: 'middle' }]]);
  await site.insert(1501, 1600);
  const { rows } = await site.pool.query(
    `select max(id)::int as last, count(distinct id)::int as ids, count(distinct attidentity)::int as kinds, min(attidentity) as kind
       from datapoints, pg_attribute where attname = 'id' and attrelid in (select inhrelid from pg_inherits where inhparent = 'datapoints'::regclass)`,
  );
  expect(rows).toEqual([{ last: 1600, ids: 1600, kinds: 1, kind: 'a' }]);
});
