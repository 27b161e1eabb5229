import { strict as assert } from 'node:assert';
import type { HostileSite } from '../site.ts';

/** Inserts one datapoint after the other, until it is disposed of, and knows which ids they were given. */
export interface Writer extends AsyncDisposable {
  /** The longest that one has taken, in milliseconds. */
  readonly longest: number;
  /** Calls `work`, for which the writer waits without that being counted. */
  whileNotMeasured(work: () => Promise<void>): Promise<void>;
  /** What has been written before is there once, with its id, and at most the row that is being written more. */
  assertNothingLost(): Promise<void>;
}

/** @param rows how many datapoints of the event "e1" to insert before: with the number in the public id as their id */
export async function aWriterOf(site: HostileSite, rows: number): Promise<Writer> {
  await site.pool.query(
    `insert into datapoints (public_id, value, timestamp, event_public_id)
     select 'row-' || i, i, now() - i * interval '10 minutes', 'e1' from generate_series(1, $1::int) i`,
    [rows],
  );
  let written = rows;
  /** By the number in the public id. */
  const ids: string[] = [];
  let longest = 0;
  let isOver = false;
  const writing = (async () => {
    while (!isOver) {
      const started = performance.now();
      const { rows: inserted } = await site.pool.query<{ id: string }>(
        `insert into datapoints (public_id, value, timestamp, event_public_id) values ('new-' || $1::text, 1, now(), 'e1')
         returning id::text`,
        [written],
      );
      longest = Math.max(longest, performance.now() - started);
      ids.push(inserted[0]?.id ?? '');
      written += 1;
    }
  })();
  // Of one that has failed, the next check says so.
  writing.catch(() => {});
  return {
    get longest() {
      return longest;
    },
    async whileNotMeasured(work) {
      const before = longest;
      await work();
      longest = before;
    },
    async assertNothingLost() {
      await Promise.race([writing, Promise.resolve()]);
      const [least, known] = [written, [...ids]];
      const found = Number(await site.value('select count(*)::int from datapoints'));
      assert(found >= least, `${least - found} of ${least} rows are lost`);
      const right = await site.value(
        `select count(*)::int from datapoints left join unnest($1::text[]) with ordinality as given (given_id, place)
             on public_id = 'new-' || (place + ${rows - 1})
          where id::text = given_id or public_id = 'row-' || id`,
        [known],
      );
      assert.equal(right, rows + known.length, 'rows with the id that they were given');
    },
    async [Symbol.asyncDispose]() {
      isOver = true;
      await writing;
    },
  };
}
