import { expect, test } from 'vitest';
import { AGREED, anEvent, aSite, aUser } from '../support/site.ts';

test('conversions lose no row of a session that writes all the time, and have none twice', async () => {
  await using site = await aSite();
  const { publicId: owner } = await aUser(site, { username: 'root', admin: true });
  const { publicId: event } = await anEvent(site, { owner });
  const insert = async (first: number, last: number, time: string) =>
    await site.pool.query(
      `insert into datapoints (public_id, value, timestamp, event_public_id)
       select 'row-' || n, n, ${time}, $3 from generate_series($1::int, $2::int) n`,
      [first, last, event],
    );
  await insert(1, 2000, `now() - n * interval '4 hours'`);
  let written = 2000;
  let isOver = false;
  const writing = (async () => {
    while (!isOver) {
      // As many as come in 10 ms at a large site, some of them late.
      await insert(written + 1, written + 10, `now() - (n % 3) * interval '1 month'`);
      written += 10;
    }
  })();
  const contents = async () => {
    const { rows } = await site.pool.query(
      'select count(*)::int as rows, count(distinct public_id)::int as different from datapoints',
    );
    return rows[0];
  };
  const codes: unknown[] = [];
  for (const goal of ['partition', 'plain', 'partition', 'split', 'plain']) {
    codes.push((await site.run(`db storage ${goal}${AGREED}`)).code);
    const least = written;
    const { rows, different } = await contents();
    expect(rows).toBe(different);
    expect(rows).toBeGreaterThanOrEqual(least);
  }
  isOver = true;
  await writing;
  expect(codes).toEqual([0, 0, 0, 0, 0]);
  expect(await contents()).toEqual({ rows: written, different: written });
});
