import { strict as assert } from 'node:assert';
import { hostileSite } from '../site.ts';
import { runKills } from './kills.ts';

/** The database has all tables or none, and the same command completes it. */
const TABLES = `select count(*)::int from pg_tables where schemaname = 'public'`;
const COMPLETE = 16;

let site = await hostileSite({ tables: false });

await runKills(async () => {
  await site[Symbol.asyncDispose]();
  site = await hostileSite({ tables: false });
  const current = site;
  const env = { DATABASE_URL: site.url };
  return {
    kind: 'migrate',
    words: ['db', 'migrate'],
    env,
    site,
    async check(done) {
      const tables = await current.value(TABLES);
      // The list of migrations may be created first.
      assert(tables === COMPLETE || (!done && Number(tables) <= 1), `${tables} tables`);
    },
    async repeat(run) {
      await run(['db', 'migrate'], env);
      assert.equal(await current.value(TABLES), COMPLETE);
      await run(['db', 'check'], env);
    },
  };
});
await site[Symbol.asyncDispose]();
