import { afterAll, expect, test } from 'vitest';
import { Database } from '../../src/database/database.ts';
import { streamRows } from '../../src/database/stream-rows.ts';
import { targetFromUrl } from '../../src/database/target.ts';
import { Event, Experiment } from '../../src/entities/index.ts';
import { anEvent, anExperiment, aSite, aUser } from '../support/site.ts';

const site = await aSite();
const database = await Database.open(targetFromUrl(site.url), { entities: [Event, Experiment] });
afterAll(async () => {
  await database.close();
  await site[Symbol.asyncDispose]();
});
const owner = (await aUser(site)).publicId;
// Ties and nulls in the column of the order.
for (let at = 0; at < 7; at++) {
  await anExperiment(site, { owner, running: at % 3 === 0 });
}
await site.pool.query(`update experiments set stopped_on = stopped_on + id % 2 * interval '1 day'`);

async function idsOf(request: Parameters<typeof streamRows<Experiment>>[2]): Promise<number[]> {
  const ids: number[] = [];
  for await (const { items } of streamRows(database.em, Experiment, request, 2)) {
    ids.push(...items.map(({ id }) => id));
  }
  return ids;
}

test.each(['asc', 'desc'] as const)(
  'rows in batches are in the order of a column and the id, nulls as the server sorts them: %s',
  async (direction) => {
    const sorted = await site.pool.query(
      `select id from experiments order by stopped_on ${direction}, id ${direction}`,
    );
    const expected = sorted.rows.map(({ id }) => id);
    const orderBy = { stoppedOn: direction };
    expect(await idsOf({ orderBy })).toEqual(expected);
    expect(await idsOf({ orderBy, limit: 3 })).toEqual(expected.slice(0, 3));
    for (const [at, id] of expected.entries()) {
      const { publicId } = await database.em.findOneOrFail(Experiment, { id });
      expect(await idsOf({ orderBy, after: publicId })).toEqual(expected.slice(at + 1));
    }
  },
);

test('rows are those of one moment, and what is read beside them too', async () => {
  const { publicId } = await anEvent(site, { owner });
  await anEvent(site, { owner });
  const counts: number[] = [];
  for await (const { em } of streamRows(database.em, Event, { where: { user: owner } }, 1)) {
    counts.push(await em.count(Event));
    await site.pool.query('update events set unit = $1 where public_id = $2', ['new', publicId]);
    await anEvent(site, { owner });
  }
  expect(counts).toEqual([2, 2]);
});

test('a short list takes one statement, without a transaction', async () => {
  const { rows } = await database.pool.query('select pg_backend_pid() as pid');
  expect((await idsOf({ limit: 2 })).length).toBe(2);
  const last = await site.pool.query('select query from pg_stat_activity where pid = $1', [rows[0].pid]);
  expect(last.rows[0].query).toMatch(/select \S+ from "experiments" [^;]+ limit 2$/);
});

test('a reader that stops early gives its connection back', async () => {
  for await (const _batch of streamRows(database.em, Experiment, {}, 1)) {
    break;
  }
  const { rows } = await site.pool.query(
    `select count(*)::int as open from pg_stat_activity where datname = current_database() and state = 'idle in transaction'`,
  );
  expect(rows).toEqual([{ open: 0 }]);
});
