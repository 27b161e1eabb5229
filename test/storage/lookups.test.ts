import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Database } from '../../src/database/database.ts';
import { idPrefixFilter } from '../../src/database/id-prefix.ts';
import { withSession } from '../../src/database/session.ts';
import { targetFromUrl } from '../../src/database/target.ts';
import { Datapoint } from '../../src/entities/index.ts';
import { sampledIntervals } from '../../src/series/intervals.ts';
import { latestOf } from '../../src/series/latest.ts';
import { anEvent, aSite, aUser, type Site } from '../support/site.ts';
import { until } from '../support/until.ts';

const ROWS = 7000;
const EVENTS = 10;

const FORMS = {
  plain: '',
  'sorted by a language': 'alter table datapoints alter public_id type varchar(100) collate "en-x-icu"',
  partitions: `create table parts (like datapoints including defaults, unique (public_id, timestamp)) partition by range (timestamp);
    create table p1 partition of parts for values from (minvalue) to ('2026-01-02Z');
    create table p2 partition of parts for values from ('2026-01-02Z') to ('2026-01-04Z');
    create table p3 partition of parts for values from ('2026-01-04Z') to ('2099-01-01Z');
    insert into parts select * from datapoints; alter sequence datapoints_id_seq owned by parts.id; drop table datapoints;
    alter table parts rename to datapoints;
    create index on datapoints (event_public_id, timestamp); create index on datapoints (timestamp)`,
  inherited: `create table child (like datapoints including indexes) inherits (datapoints);
    with moved as (delete from only datapoints where timestamp >= '2026-01-03Z' returning *) insert into child select * from moved`,
};

describe.each(Object.entries(FORMS))('%s', (_form, conversion) => {
  let site: Site;
  beforeAll(async () => {
    site = await aSite();
    const { publicId: owner } = await aUser(site, { username: 'root', admin: true });
    const events: string[] = [];
    while (events.length < EVENTS) {
      events.push((await anEvent(site, { owner })).publicId);
    }
    // The last three have none.
    await site.pool.query(
      `insert into datapoints (public_id, value, timestamp, event_public_id)
         select '0198c2aa-0000-7000-8000-' || lpad(n::text, 12, '0'), n, timestamptz '2026-01-01Z' + n * interval '1 minute', ($2::text[])[1 + n % 7]
           from generate_series(1, $1::int) n`,
      [ROWS, events],
    );
    await site.pool.query(conversion);
    await site.pool.query('vacuum analyze');
  });
  afterAll(() => site[Symbol.asyncDispose]());

  /** How many datapoints the server has read so far, once all sessions of the program have ended. */
  async function rowsRead(): Promise<number> {
    await until(
      async () =>
        (
          await site.pool.query(`select from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()
                                    and backend_type = 'client backend' and application_name like 'webmacs%'`)
        ).rowCount === 0,
    );
    // What this session has read itself is told to all at once, not a second later.
    await site.pool.query('select pg_stat_force_next_flush()');
    const { rows } = await site.pool.query(
      `select sum(seq_tup_read + coalesce(idx_tup_fetch, 0))::int as read from pg_stat_user_tables
        where relid in (select 'datapoints'::regclass union select inhrelid from pg_inherits)`,
    );
    return rows[0].read;
  }

  /** How many of them a piece of work reads. */
  async function readBy(work: () => Promise<unknown>): Promise<number> {
    const before = await rowsRead();
    await work();
    return (await rowsRead()) - before;
  }

  test('the last values are found by the index of events, also of those without any', async () => {
    const read = await readBy(async () => {
      expect(JSON.parse((await site.run('datapoints latest --json')).stdout)).toHaveLength(7);
      await using database = await Database.open(targetFromUrl(site.url));
      expect(await latestOf(database.em, { count: 3 })).toHaveLength(7);
    });
    expect(read).toBeLessThan(200);
  });

  test('intervals are sampled by the index of events', async () => {
    const span = { from: Date.parse('2026-01-01Z') / 1000, to: Date.parse('2026-01-05T20:00Z') / 1000 };
    const read = await readBy(async () => {
      await using database = await Database.open(targetFromUrl(site.url));
      const { rows } = await database.pool.query('select event_public_id as id from datapoints limit 1');
      const sampled = await withSession(database.pool, { settings: {} }, ({ transaction }) =>
        transaction((client) => sampledIntervals(client, {}, [{ publicId: rows[0].id, ...span }])),
      );
      expect(sampled.get(rows[0].id)).toMatchObject({ seconds: 420 });
    });
    expect(read).toBeLessThan(2000);
  });

  test('the start of a public id is found by its index', async () => {
    const read = await readBy(async () => {
      const { stdout } = await site.run('datapoints show 0198c2aa-0000-7000-8000-00000000700 --json');
      expect(JSON.parse(stdout).value).toBe(7000);
    });
    expect(read).toBeLessThan(100);
  });
});

test.each(['C', 'en-x-icu', 'da-x-icu', 'cy-x-icu', 'numeric'])(
  'the start of a public id is found as %s sorts it',
  async (order) => {
    await using site = await aSite();
    const { publicId: owner } = await aUser(site, { username: 'root', admin: true });
    const { publicId } = await anEvent(site, { owner });
    // Two letters that are one in Danish or Welsh, and digits that are one number.
    const ids = ['aaaaaaa', 'ddddddd', 'fffffff', '0000001', '0000009', '9999999', 'a-000-a'].flatMap((start) =>
      [...'0123456789abcdef'].map((digit) => `${start}${digit}`),
    );
    await site.pool.query(`create collation numeric (provider = icu, locale = 'en-u-kn-true')`);
    await site.pool.query(`alter table datapoints alter public_id type varchar(100) collate "${order}"`);
    await site.pool.query(
      `insert into datapoints (public_id, value, timestamp, event_public_id)
       select id || more, 1, now(), $2 from unnest($1::text[]) id, unnest('{-0000-7000-8000-000000000000,a,9}'::text[]) more`,
      [ids, publicId],
    );
    await using database = await Database.open(targetFromUrl(site.url));
    for (const id of ids) {
      const found = await database.em.find(Datapoint, { publicId: await idPrefixFilter(database.em, Datapoint, id) });
      expect([id, found.length]).toEqual([id, 3]);
    }
  },
);
