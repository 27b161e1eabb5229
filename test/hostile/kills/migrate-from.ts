import { strict as assert } from 'node:assert';
import { hostileSite } from '../site.ts';
import { runKills } from './kills.ts';
import { aMixedRig, CONTENT } from './rig.ts';

/** A killed copy goes on, and ends with the same rows; a complete one stays as it is. */
await using source = await hostileSite();
await aMixedRig(source);
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
