import { randomUUID } from 'node:crypto';
import { afterAll, describe, expect, test } from 'vitest';
import { MAX_PAGE_SIZE, paginate } from '../../src/database/paginate.ts';
import { Datapoint, Experiment } from '../../src/entities/index.ts';
import { InvalidInputError, NotFoundError } from '../../src/errors.ts';
import { freshDatabase, openDatabase } from '../support/database.ts';
import { anEvent, anExperiment, aUser } from '../support/site.ts';

const database = await freshDatabase();
const opened = await openDatabase(database);
afterAll(async () => {
  await opened.close();
  await database[Symbol.asyncDispose]();
});
const fork = () => opened.em.fork();
const root = await aUser(database, { username: 'root' });

describe('paginate', () => {
  /** Seven experiments: two that run, three with the same end, and two with ends of their own. */
  const ends = [null, '2026-01-02', '2026-01-03', '2026-01-03', '2026-01-03', null, '2026-01-04'];
  const names = ends.map((_, at) => `page-${at}`);
  const where = { name: { $in: names } };
  const ready = (async () => {
    for (const [at, end] of ends.entries()) {
      const { publicId } = await anExperiment(database, { name: `page-${at}`, owner: root.publicId });
      await database.pool.query('update experiments set stopped_on = $1 where public_id = $2', [end, publicId]);
    }
  })();

  test('gives the page, the total and the number of pages', async () => {
    await ready;
    const page = await paginate(fork(), Experiment, { page: 2, pageSize: 3, where, orderBy: { name: 'asc' } });
    expect(page.items.map(({ name }) => name)).toEqual(['page-3', 'page-4', 'page-5']);
    expect(page).toMatchObject({ total: 7, page: 2, page_size: 3, pages: 3 });
  });

  test('of nothing has no items and one page', async () => {
    const page = await paginate(fork(), Experiment, { where: { name: 'none' } });
    expect(page).toEqual({ items: [], total: 0, page: 1, page_size: 50, pages: 1 });
  });

  test('beyond the end has no items, and still the total', async () => {
    await ready;
    expect(await paginate(fork(), Experiment, { page: 9, where })).toMatchObject({ items: [], total: 7 });
  });

  test.each(['asc', 'desc'] as const)(
    'by number and by keyset go through ties and nulls alike, %s',
    async (direction) => {
      await ready;
      const orderBy = { stoppedOn: direction };
      const whole = await paginate(fork(), Experiment, { where, orderBy });
      const byNumber: string[] = [];
      for (let page = 1; page <= 7; page++) {
        const { items } = await paginate(fork(), Experiment, { page, pageSize: 1, where, orderBy });
        byNumber.push(...items.map(({ name }) => name));
      }
      const byKeyset: string[] = [];
      for (let after: string | undefined; ; ) {
        const request = { pageSize: 2, where, orderBy, ...(after === undefined ? {} : { after }) };
        const { items, total } = await paginate(fork(), Experiment, request);
        if (items.length === 0) {
          break;
        }
        expect(total).toBe(7);
        byKeyset.push(...items.map(({ name }) => name));
        after = items.at(-1)?.publicId;
      }
      const fromEnd: string[] = [];
      for (let page = -1; page >= -4; page--) {
        const { items } = await paginate(fork(), Experiment, { page, pageSize: 2, where, orderBy });
        fromEnd.unshift(...items.map(({ name }) => name));
      }
      expect(fromEnd).toEqual(byNumber);
      expect(new Set(byNumber).size).toBe(7);
      expect(byNumber).toEqual(whole.items.map(({ name }) => name));
      expect(byKeyset).toEqual(byNumber);
    },
  );

  test.each([{ page: 0 }, { page: 1.5 }, { pageSize: 0 }, { pageSize: MAX_PAGE_SIZE + 1 }, { page: Number.NaN }])(
    'refuses %j',
    async (request) => {
      await expect(paginate(fork(), Experiment, request)).rejects.toThrow(InvalidInputError);
    },
  );

  test('after a row that is not there is a NotFoundError', async () => {
    await expect(paginate(fork(), Experiment, { after: randomUUID() })).rejects.toThrow(NotFoundError);
  });
});

describe('pages far down', () => {
  const ROWS = 24_000;
  const ready = (async () => {
    const { publicId } = await anEvent(database, { owner: root.publicId });
    // Single rows, hundreds with one timestamp, and thousands, in an order that is not theirs.
    await database.pool.query(
      `insert into datapoints (public_id, value, timestamp, event_public_id)
       select gen_random_uuid(), n, timestamptz '2026-01-01' + interval '1 s' *
              case when at < 12000 then at when at < 18000 then at / 300 * 300 else at / 3000 * 3000 end, $1
         from (select n, (n * 7919) % $2::int as at from generate_series(0, $2::int - 1) n)`,
      [publicId, ROWS],
    );
    return { event: publicId };
  })();

  /** What the server says of its statistics decides whether a total is an estimate. */
  async function withStatistics(rows: number, work: () => Promise<void>): Promise<void> {
    await database.pool.query('analyze datapoints');
    await database.pool.query(`update pg_class set reltuples = $1 where oid = 'datapoints'::regclass`, [rows]);
    await work().finally(() => database.pool.query('analyze datapoints'));
  }

  test.each(['asc', 'desc'] as const)('have the rows of the whole order, ties included, %s', async (direction) => {
    const where = await ready;
    const { rows } = await database.pool.query<{ id: number }>(
      `select id::int from datapoints order by timestamp ${direction}, id ${direction}`,
    );
    for (const expected of [ROWS / 2, ROWS, 5_000_000, 30_000_000]) {
      await withStatistics(expected, async () => {
        for (const page of [100, 101, 110, 120, 121, 150, 179, 180, 181, 200, 239, 240]) {
          const request = { page, pageSize: 100, orderBy: { timestamp: direction } };
          for (const narrowed of [{}, { where }]) {
            const { items } = await paginate(fork(), Datapoint, { ...request, ...narrowed });
            const ids = rows.slice((page - 1) * 100, page * 100).map(({ id }) => id);
            expect(items.map(({ id }) => id)).toEqual(ids);
          }
        }
      });
    }
  });

  test.each(['asc', 'desc'] as const)('start where the statistics lead to, %s', async (direction) => {
    await ready;
    await database.pool.query('analyze datapoints');
    // Each value is there once: the histogram has them all, and no row beside it.
    const { rows } = await database.pool.query<{ id: number }>(
      `select id::int from datapoints order by value ${direction}`,
    );
    for (const page of [101, 113, 120]) {
      const { items } = await paginate(fork(), Datapoint, { page, pageSize: 100, orderBy: { value: direction } });
      expect(items.map(({ id }) => id)).toEqual(rows.slice((page - 1) * 100, page * 100).map(({ id }) => id));
    }
  });

  test('have the exact total below a million rows, and above that on request', async () => {
    await ready;
    expect(await paginate(fork(), Datapoint, {})).toMatchObject({ total: ROWS });
    await withStatistics(30_000_000, async () => {
      const page = await paginate(fork(), Datapoint, { pageSize: 100 });
      expect(page.estimated).toBe(true);
      expect(page.total).toBeGreaterThan(1_000_000);
      expect(page.pages).toBe(Math.ceil(page.total / 100));
      const exact = await paginate(fork(), Datapoint, { pageSize: 100, total: 'exact' });
      expect(exact).toMatchObject({ total: ROWS, pages: 240 });
      expect(exact).not.toHaveProperty('estimated');
    });
  });

  test('are not counted without a request for the total', async () => {
    await ready;
    const orderBy = { timestamp: 'desc' } as const;
    const first = await paginate(fork(), Datapoint, { pageSize: 100, page: 3, orderBy, total: 'none' });
    expect(first).toMatchObject({ total: 300, estimated: true, pages: 3 });
    expect(first.items).toHaveLength(100);
    const last = await paginate(fork(), Datapoint, { pageSize: 100, page: 240, orderBy, total: 'none' });
    expect(last).toMatchObject({ total: ROWS, pages: 240 });
    expect(last.items).toHaveLength(100);
  });

  test('beyond the end have no rows, whatever the estimate is, and the exact total', async () => {
    await ready;
    await withStatistics(30_000_000, async () => {
      for (const page of [241, 1000, 250_000, 10_000_000]) {
        const request = { page, pageSize: 100, orderBy: { timestamp: 'desc' } as const };
        expect(await paginate(fork(), Datapoint, request)).toMatchObject({ items: [], total: ROWS, pages: 240 });
      }
    });
  });
});
