import { strict as assert } from 'node:assert';
import { hostileSite } from '../site.ts';
import { runKills } from './kills.ts';
import { aSmallRig, CONTENT } from './rig.ts';

/** A killed copy goes on, and ends with the same rows; a complete one stays as it is. */
await using source = await hostileSite();
await aSmallRig(source, 10_000);
await source.pool.query(`
  insert into log_entries (public_id, content, logging_type, status_type, user_public_id)
    select 'l' || i, 'Entry', 'info', 'unread', 'u1' from generate_series(1, 3000) i;
  insert into blacklist_tokens (token) select 't' || i from generate_series(1, 3000) i`);
const expected = await source.value(CONTENT);
let target = await hostileSite();

await runKills(async () => {
  await target[Symbol.asyncDispose]();
  target = await hostileSite();
  const site = target;
  const words = ['migrate-from'];
  const env = { WEBMACS_SOURCE_URL: source.url, DATABASE_URL: site.url };
  return {
    kind: 'migrate-from',
    words,
    env,
    site,
    async check(done) {
      assert(!done || (await site.value(CONTENT)) === expected, 'the rows differ');
    },
    async repeat(run) {
      await source.quiet();
      await run(words, env);
      assert.equal(await site.value(CONTENT), expected, 'the rows differ');
    },
  };
});
await target[Symbol.asyncDispose]();
