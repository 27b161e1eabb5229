import { anEvent, anExperiment, aUser, type Site } from './site.ts';

/** How many datapoints a writer changes. */
export const MARKED = 135;
const LAST = new Date(Date.UTC(2026, 0, 1, 0, MARKED));

/** Inserts an experiment "Run" with datapoints of nine events, one a minute, forty times as many as a writer changes. */
export async function aRun(site: Site): Promise<void> {
  const { publicId: owner } = await aUser(site, { username: 'root', admin: true });
  for (let at = 0; at < 9; at++) {
    await anEvent(site, { name: `E${at}`, publicId: `e-${at}`, owner });
  }
  const { publicId: run } = await anExperiment(site, { name: 'Run', owner });
  await site.pool.query(
    `insert into datapoints (public_id, value, timestamp, event_public_id, experiment_public_id)
     select 'd-' || n, 0, timestamptz '2026-01-01Z' + n * interval '1 minute', 'e-' || n % 9, $1 from generate_series(0, ${MARKED * 40 - 1}) n`,
    [run],
  );
}

/** Sets one value on marked datapoints of all events, in one transaction, over and over. */
export function aWriter({ pool }: Site) {
  let writes = 0;
  let isOver = false;
  const writing = (async () => {
    while (!isOver) {
      writes += 1;
      await pool.query('update datapoints set value = $1 where timestamp < $2', [writes, LAST]);
    }
  })();
  return {
    get writes() {
      return writes;
    },
    async [Symbol.asyncDispose]() {
      isOver = true;
      await writing;
    },
  };
}

/** How many values the marked datapoints have: one at any moment. */
export async function valuesOfMarked({ pool }: Site): Promise<number> {
  const { rows } = await pool.query(
    'select count(distinct value)::int as values from datapoints where timestamp < $1',
    [LAST],
  );
  return rows[0].values;
}
