import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { unpartition } from '../../src/storage/plain.ts';
import { split } from '../../src/storage/split.ts';
import { widen } from '../../src/storage/widen.ts';
import { AGREED, anEvent, aSite, type Site } from '../support/site.ts';

let site: Site;
let event: string;
beforeAll(async () => {
  site = await aSite();
  ({ publicId: event } = await anEvent(site));
});
afterAll(() => site[Symbol.asyncDispose]());

/** Rows of three months in the first partition, and one in each of two others; the ids are being widened, or are not. */
beforeEach(async () => {
  expect((await site.run(`db storage plain${AGREED}`)).code).toBe(0);
  await site.pool.query('truncate datapoints; alter table datapoints alter id type int');
  await insert(Array.from({ length: 90 }, (_, day) => day - 90));
  expect(await site.run(`db storage partition${AGREED}`)).toMatchObject({ code: 0 });
  await insert([65, 95]);
});

async function insert(days: number[]): Promise<void> {
  await site.pool.query(
    `insert into datapoints (public_id, value, timestamp, event_public_id)
     select gen_random_uuid(), n, now() + n * interval '1 day', $2 from unnest($1::int[]) n`,
    [days, event],
  );
}

/** Each conversion, with the form and type of the ids that it makes. */
const CONVERSIONS = [
  ['split', split, 'partitions'],
  ['plain', unpartition, 'plain'],
  ['widen', widen, 'partitions'],
] as const;

test.each(CONVERSIONS)(
  '%s does not keep partitions from being added, nor cron waiting',
  async (name, convert, form) => {
    if (name === 'widen') {
      await site.pool.query('alter table datapoints add column id_bigint bigint');
    }
    let steps = 0;
    const onStep = async () => {
      steps += 1;
      // Else the copy would be compared again each time.
      if (steps > 8) {
        return;
      }
      // Until now there are four: the first partition has the next month, too.
      const extended = await site.run(`db storage extend --ahead ${4 + steps} --lock-timeout 0s --json${AGREED}`);
      expect([extended.stderr, JSON.parse(extended.stdout || '{}').added?.length]).toEqual(['', 1]);
      await insert([92 + 31 * steps]);
    };
    const options = {
      lockTimeoutSeconds: 5,
      signal: new AbortController().signal,
      onRows() {},
      onProgress() {},
      onStep,
    };
    await convert(site.pool, options);
    expect(steps).toBeGreaterThan(4);
    const { rows } = await site.pool.query(
      'select count(*)::int as rows, count(distinct id)::int as ids, pg_typeof(max(id))::text as type from datapoints',
    );
    const written = 92 + Math.min(steps, 8);
    expect(rows).toEqual([{ rows: written, ids: written, type: name === 'widen' ? 'bigint' : 'integer' }]);
    expect(JSON.parse((await site.run('db storage status --json')).stdout).form).toBe(form);
    expect((await site.run('db check')).code).toBe(0);
  },
);

test('two that add partitions at once both succeed, and add each once', async () => {
  const runs = await Promise.all([1, 2, 3].map(() => site.run(`db storage extend --ahead 9 --json${AGREED}`)));
  expect(runs.map(({ code, stderr }) => [code, stderr])).toEqual(runs.map(() => [0, '']));
  expect(runs.flatMap(({ stdout }) => JSON.parse(stdout).added)).toHaveLength(5);
});

test.each(CONVERSIONS)('%s that is interrupted says that something is left of it', async (_name, convert) => {
  const interruption = new AbortController();
  const onStep = async () => interruption.abort(new Error('by a signal'));
  await expect(
    convert(site.pool, {
      lockTimeoutSeconds: 5,
      signal: interruption.signal,
      onStep,
      onRows: () => {},
      onProgress: () => {},
    }),
  ).rejects.toMatchObject({
    name: 'InterruptedError',
    message: 'Interrupted. Run again, it continues; "webmacs db storage status" says how to undo it.',
  });
});
