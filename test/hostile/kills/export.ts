import { strict as assert } from 'node:assert';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { pick } from '../random.ts';
import { hostileSite } from '../site.ts';
import { assertFiles, runKills } from './kills.ts';
import { aSmallRig } from './rig.ts';

/** The final name is absent, or the earlier file, or whole; the next export removes what is left. */
const ROWS = 30_000;
const EARLIER = 'an earlier export';

await using site = await hostileSite();
await aSmallRig(site, ROWS);
let expected: string | undefined;

await runKills(async (_round, random, folder) => {
  const name = pick(random, ['run.csv', 'run.csv.gz', 'run.csv.zst']);
  const replaces = random(2) === 0;
  const file = join(folder, name);
  if (replaces) {
    writeFileSync(file, EARLIER);
  }
  const words = ['experiments', 'export', 'Run', '-o', file, ...(replaces ? ['--force'] : [])];
  const env = { DATABASE_URL: site.url };
  const assertWhole = () => {
    const bytes = readFileSync(file);
    const text = name.endsWith('.gz') ? gunzipSync(bytes) : name.endsWith('.zst') ? zstdDecompressSync(bytes) : bytes;
    assert.equal(text.toString().split('\n').length, ROWS + 2);
    const digest = createHash('sha256').update(text).digest('hex');
    expected ??= digest;
    assert.equal(digest, expected);
  };
  return {
    kind: name,
    words,
    env,
    site,
    async check(done) {
      const exists = existsSync(file);
      assert(exists || !(done || replaces), `${name} is missing`);
      if (exists && (done || readFileSync(file, 'utf8') !== EARLIER)) {
        assertWhole();
      }
    },
    async repeat(run) {
      await run([...words.filter((word) => word !== '--force'), '--force'], env);
      assertWhole();
      assertFiles(folder, [name]);
    },
  };
});
