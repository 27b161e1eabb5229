import { strict as assert } from 'node:assert';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pick } from '../random.ts';
import { hostileSite } from '../site.ts';
import { assertFiles, runKills } from './kills.ts';
import { aSmallRig } from './rig.ts';

/** Enough for several states of each file. The same command goes on to the same bytes, and leaves nothing else. */
const ROWS = 300_000;

await using site = await hostileSite();
await aSmallRig(site, ROWS);
const expected = new Map<string, string>();

await runKills(async (_round, random, folder) => {
  const name = pick(random, ['run.csv', 'run.ndjson']);
  const file = join(folder, name);
  const words = ['experiments', 'export', 'Run', '-o', file, '--resume'];
  const env = { DATABASE_URL: site.url };
  const assertWhole = () => {
    const bytes = readFileSync(file);
    const digest = createHash('sha256').update(bytes).digest('hex');
    expected.set(name, expected.get(name) ?? digest);
    assert.equal(digest, expected.get(name));
  };
  return {
    kind: name,
    words,
    env,
    site,
    async check(done) {
      assert(existsSync(file) || !done, `${name} is missing`);
      if (existsSync(file)) {
        assertWhole();
      }
    },
    async repeat(run) {
      await run([...words, '--force'], env);
      assertWhole();
      assertFiles(folder, [name]);
    },
  };
});
