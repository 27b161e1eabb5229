import { strict as assert } from 'node:assert';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { hostileSite } from '../site.ts';
import { assertFiles, runKills } from './kills.ts';
import { aSmallRig } from './rig.ts';

/** All rows or none are imported; no rejected line is lost, and no temporary file stays. */
const ROWS = 10_000;
const HEADER = 'timestamp,event,value,datapoint_public_id';
const BAD = ['2026-01-01T00:00:00Z,Flow,eleven,b1', '2026-02-30T00:00:00Z,Flow,12,b2'];

const start = Date.parse('2026-01-01T00:00:00Z');
const GOOD = Array.from({ length: ROWS }, (_, at) => `${new Date(start + at * 1000).toJSON()},Flow,${at},d${at}`);
const SUM = (ROWS * (ROWS - 1)) / 2;

await using site = await hostileSite();
await aSmallRig(site, 0);

await runKills(async (_round, random, folder) => {
  await site.pool.query('truncate datapoints');
  const skips = random(2) === 0;
  const [file, bad] = [join(folder, 'data.csv'), join(folder, 'bad.csv')];
  writeFileSync(file, [HEADER, ...(skips ? BAD : []), ...GOOD, ''].join('\n'));
  const words = ['datapoints', 'import', file, ...(skips ? ['--skip-bad', bad] : [])];
  const env = { DATABASE_URL: site.url };
  const rows = async () => await site.value(`select count(*) || ' ' || coalesce(sum(value), 0) from datapoints`);
  const assertBadLines = () => assert.equal(readFileSync(bad, 'utf8'), [HEADER, ...BAD, ''].join('\n'));
  return {
    kind: skips ? 'with --skip-bad' : 'import',
    words,
    env,
    site,
    async check(done) {
      const imported = await rows();
      assert(imported === `${ROWS} ${SUM}` || (imported === '0 0' && !done), `${imported} rows`);
      assert(!skips || imported === '0 0' || existsSync(bad), 'the rows are in, but the rejected lines are lost');
      if (existsSync(bad)) {
        assertBadLines();
      }
    },
    async repeat(run) {
      const before = await rows();
      // Rows with an id are not imported twice.
      await run(skips ? [...words, '--force'] : words, env, before === '0 0' ? [0] : [4]);
      assert.equal(await rows(), `${ROWS} ${SUM}`);
      assertFiles(folder, skips ? ['bad.csv', 'data.csv'] : ['data.csv']);
      if (skips) {
        assertBadLines();
      }
    },
  };
});
