import { strict as assert } from 'node:assert';
import { onAllServers } from '../../support/citus.ts';
import { hostileSite } from '../site.ts';
import { startProgram } from '../start.ts';
import { runKills } from './kills.ts';
import { aSmallRig } from './rig.ts';
import { aWriterOf } from './writer.ts';

/** While another session writes: a killed conversion has changed nothing or all, no row is lost, and the same command again does it. */
const server = process.env.WEBMACS_TEST_CITUS_URL ?? '';
await using site = await onAllServers(server, await hostileSite({ tables: false, on: server }));
const env = { DATABASE_URL: site.url };
const migrated = await startProgram(['db', 'migrate'], env).outcome;
assert.equal(migrated.code, 0, migrated.stderr);
await aSmallRig(site, 0);
await using writer = await aWriterOf(site, 20_000);

const FORMS = { citus: 'distributed', plain: 'plain' } as const;
/** Of all tables of the program; and those that still have the rows from before. */
const DISTRIBUTED = 'select count(*)::int from pg_dist_partition';
const COPIES = 'select count(*)::int from pg_dist_partition where pg_relation_size(logicalrelid) > 0';
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
      const distributed = Number(await site.value(DISTRIBUTED));
      assert([0, TABLES].includes(distributed), `${distributed} tables are distributed`);
      assert(!done || distributed === (goal === 'citus' ? TABLES : 0));
    },
    async repeat(run) {
      const form = Number(await site.value(DISTRIBUTED)) > 0 ? 'distributed' : 'plain';
      const { stdout } = await run(['db', 'storage', 'status', '--exit-code', '--json'], env);
      assert.equal(JSON.parse(stdout).form, form);
      await run(words, env);
      await writer.assertNothingLost();
      const after = await run(['db', 'storage', 'status', '--json'], env);
      assert.equal(JSON.parse(after.stdout).form, FORMS[goal]);
      assert.equal(await site.value(COPIES), 0);
    },
  };
});
console.error(`The longest wait of the writer: ${writer.longest.toFixed(0)} ms`);
