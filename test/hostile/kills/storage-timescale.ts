import { strict as assert } from 'node:assert';
import { createTables } from '../../support/layout-tables.ts';
import { hostileSite } from '../site.ts';
import { runKills } from './kills.ts';
import { aSmallRig } from './rig.ts';
import { aWriterOf } from './writer.ts';

/** The same for hypertables, which need a server with TimescaleDB. */
await using site = await hostileSite({ tables: false, on: process.env.WEBMACS_TEST_TIMESCALE_URL ?? '' });
await createTables(site.url, 'own');
await aSmallRig(site, 0);
await using writer = await aWriterOf(site, 50_000);

const env = { DATABASE_URL: site.url };

/** What an interrupted conversion has left. */
const LEFT = `select count(*)::int from pg_class where relname ~ '^datapoints_(plain|timescale|replaced)'`;
const CHUNKS = `select count(*)::int from pg_inherits where inhparent = 'datapoints'::regclass`;

await runKills(async (round) => {
  const [goal, other] = round % 2 === 0 ? ['timescale', 'plain'] : ['plain', 'timescale'];
  const words = ['db', 'storage', goal, '--quiet'];
  return {
    kind: goal,
    words,
    env,
    site,
    async before(run) {
      await run(['db', 'storage', other, '--quiet'], env);
    },
    async check() {
      await writer.assertNothingLost();
    },
    async repeat(run) {
      const isLeft = Number(await site.value(LEFT)) > 0;
      const status = await run(['db', 'storage', 'status', '--exit-code', '--json'], env, [0, 6]);
      assert.equal(status.code, isLeft ? 6 : 0, status.stdout);
      await run(words, env);
      await writer.assertNothingLost();
      assert.equal(await site.value(LEFT), 0);
      assert.equal(Number(await site.value(CHUNKS)) > 0, goal === 'timescale');
    },
  };
});
console.error(`The longest wait of the writer: ${writer.longest.toFixed(0)} ms`);
