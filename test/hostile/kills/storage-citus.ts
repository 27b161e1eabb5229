import { strict as assert } from 'node:assert';
import { onAllServers } from '../../support/citus.ts';
import { hostileSite } from '../site.ts';
import { startProgram } from '../start.ts';
import { runKills } from './kills.ts';
import { aSmallRig } from './rig.ts';
import { aWriterOf } from './writer.ts';

/** While another session writes: no row is lost, `status` says what is to be done, and the same command again does it. */
const server = process.env.WEBMACS_TEST_CITUS_URL ?? '';
await using site = await onAllServers(server, await hostileSite({ tables: false, on: server }));
const env = { DATABASE_URL: site.url };
const migrated = await startProgram(['db', 'migrate'], env).outcome;
assert.equal(migrated.code, 0, migrated.stderr);
await aSmallRig(site, 0);
await using writer = await aWriterOf(site, 20_000);

const FORMS = { citus: 'distributed', plain: 'plain' } as const;
/** All tables of the program that Citus has; whether the datapoints are distributed; those that still have the rows from before. */
const KNOWN = `select count(*)::int from pg_dist_partition where not starts_with(logicalrelid::text, 'datapoints_')`;
const DISTRIBUTED = `select count(*)::int from pg_dist_partition where partmethod = 'h' and logicalrelid = 'datapoints'::regclass`;
const COPIES = 'select count(*)::int from pg_dist_partition where pg_relation_size(logicalrelid) > 0';
/** A copy, the table that it has replaced, and names or references that are not as they are to be. */
const LEFT = `select (select count(*) from pg_proc where proname in ('datapoints_citus', 'datapoints_plain'))::int
  + (select count(*) from pg_description where description ~ '^webmacs: (replaced|to be)')::int`;
const TABLES = 15;

await runKills(async (round) => {
  const goal = round % 2 === 0 ? 'citus' : 'plain';
  const words = ['db', 'storage', goal, '--quiet'];
  return {
    kind: goal,
    words,
    env,
    site,
    async before(run) {
      await run(['db', 'storage', goal === 'citus' ? 'plain' : 'citus', '--quiet'], env);
    },
    async check(done) {
      await writer.assertNothingLost();
      const known = Number(await site.value(KNOWN));
      assert(goal === 'citus' || [0, TABLES].includes(known), `${known} tables are left`);
      assert(!done || known === (goal === 'citus' ? TABLES : 0));
    },
    async repeat(run) {
      const [known, distributed, left] = [KNOWN, DISTRIBUTED, LEFT].map(async (sql) => Number(await site.value(sql)));
      const isOver = (await left) === 0 && ((await known) === 0 || (await distributed) === 1);
      const status = await run(['db', 'storage', 'status', '--exit-code', '--json'], env, [0, 6]);
      assert.equal(status.code, isOver ? 0 : 6, status.stdout);
      await run(words, env);
      await writer.assertNothingLost();
      const after = await run(['db', 'storage', 'status', '--json'], env);
      assert.equal(JSON.parse(after.stdout).form, FORMS[goal]);
      assert.equal(await site.value(COPIES), 0);
    },
  };
});
console.error(`The longest wait of the writer: ${writer.longest.toFixed(0)} ms`);
