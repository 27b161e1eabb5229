import { strict as assert } from 'node:assert';
import { hostileSite } from '../site.ts';
import { runKills } from './kills.ts';
import { aSmallRig } from './rig.ts';
import { aWriterOf } from './writer.ts';

/** While another session writes: no row is lost, `status` says what is to be done, and the same command again does it. */
await using site = await hostileSite();
await aSmallRig(site, 0);
await using writer = await aWriterOf(site, 50_000);

const env = { DATABASE_URL: site.url };

/** What an interrupted conversion has left. */
const LEFT = `
  select (select count(*)::int from pg_class where relname ~ '^datapoints_by_' and relkind = 'i' or relname ~ '^datapoints_(split|plain|replaced)')
       + (select count(*)::int from pg_constraint where conname = 'datapoints_split')
       + (select count(*)::int from pg_attribute where attname = 'id_bigint' and attrelid = 'datapoints'::regclass)`;

/** After a split, several partitions have rows, which `plain` copies. */
const GOALS = ['partition', 'plain', 'widen', 'partition', 'widen', 'split', 'plain'] as const;

/** Integer ids, and a column as after an interruption, so that a small table is treated as a large one. */
const NARROW = `alter table datapoints alter id type int; alter sequence datapoints_id_seq as int;
  alter table datapoints add column id_bigint bigint`;

await runKills(async (round) => {
  const goal = GOALS[round % GOALS.length] ?? 'plain';
  const words = ['db', 'storage', goal, '--quiet'];
  return {
    kind: goal,
    words,
    env,
    site,
    async before(run) {
      // Whatever the round before has left.
      await (goal === 'widen'
        ? writer.whileNotMeasured(async () => {
            await site.pool.query(NARROW);
          })
        : run(['db', 'storage', goal === 'partition' ? 'plain' : 'partition', '--quiet'], env));
    },
    async check() {
      await writer.assertNothingLost();
    },
    async repeat(run) {
      const unfinished = await site.value(LEFT);
      const status = await run(['db', 'storage', 'status', '--exit-code', '--json'], env, [0, 6]);
      assert.equal(status.code, Number(unfinished) > 0 ? 6 : 0, status.stdout);
      await run(words, env);
      await writer.assertNothingLost();
      assert.equal(await site.value(LEFT), 0);
      const partitions = Number(
        await site.value(`select count(*)::int from pg_inherits where inhparent = 'datapoints'::regclass`),
      );
      if (goal === 'widen') {
        assert.equal(await site.value('select pg_typeof(id)::text from datapoints limit 1'), 'bigint');
      } else {
        assert(
          goal === 'plain' ? partitions === 0 : partitions > (goal === 'split' ? 4 : 0),
          `${partitions} partitions`,
        );
      }
    },
  };
});
console.error(`The longest wait of the writer: ${writer.longest.toFixed(0)} ms`);
