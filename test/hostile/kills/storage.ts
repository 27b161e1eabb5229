import { strict as assert } from 'node:assert';
import { hostileSite } from '../site.ts';
import { runKills } from './kills.ts';
import { aSmallRig } from './rig.ts';

/** While another session writes: no row is lost, `status` says what is to be done, and the same command again does it. */
const ROWS = 50_000;

await using site = await hostileSite();
await aSmallRig(site, 0);
await site.pool.query(
  `insert into datapoints (public_id, value, timestamp, event_public_id)
   select 'row-' || i, i, now() - i * interval '1 minute', 'e1' from generate_series(1, $1::int) i`,
  [ROWS],
);

let written = ROWS;
let isOver = false;
const writing = (async () => {
  while (!isOver) {
    await site.pool.query(
      `insert into datapoints (public_id, value, timestamp, event_public_id) values ('new-' || $1::text, 1, now(), 'e1')`,
      [written],
    );
    written += 1;
  }
})();

/** What has been written before is there, and at most the row that is being written more. */
async function assertNothingLost(): Promise<void> {
  const least = written;
  const rows = Number(await site.value('select count(*)::int from datapoints'));
  assert(rows >= least, `${least - rows} of ${least} rows are lost`);
}

const env = { DATABASE_URL: site.url };
const formOf = async (): Promise<unknown> =>
  await site.value(`select relkind from pg_class where relname = 'datapoints'`);

await runKills(async (round) => {
  const goal = round % 2 === 0 ? 'partition' : 'plain';
  const words = ['db', 'storage', goal, '--quiet'];
  return {
    kind: goal,
    words,
    env,
    site,
    async before(run) {
      // Whatever the round before has left.
      await run(['db', 'storage', goal === 'plain' ? 'partition' : 'plain', '--quiet'], env);
    },
    async check() {
      await assertNothingLost();
    },
    async repeat(run) {
      const unfinished = await site.value(
        `select count(*)::int from pg_class where relname ~ '^datapoints_by_' and relkind = 'i'`,
      );
      const status = await run(['db', 'storage', 'status', '--exit-code', '--json'], env, [0, 6]);
      assert.equal(status.code, Number(unfinished) > 0 ? 6 : 0, status.stdout);
      await run(words, env);
      assert.equal(await formOf(), goal === 'partition' ? 'p' : 'r');
      await assertNothingLost();
    },
  };
});
isOver = true;
await writing;
