import { strict as assert } from 'node:assert';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { hostileSite } from '../site.ts';
import { assertFiles, runKills } from './kills.ts';
import { aSmallRig } from './rig.ts';

/** A backup that is killed has no name, or is whole; an older one stays until it is verified, and is then whole or gone. */
await using site = await hostileSite();
await aSmallRig(site, 100_000);

await runKills(async (_round, random, folder) => {
  const suffix = random(2) === 1 ? '' : '.tar.zst';
  const env = { DATABASE_URL: site.url, WEBMACS_TIMEZONE: 'UTC' };
  const older = `2026-01-01_00-00-00${suffix}`;
  const backup = ['db', 'backup', '-o', join(folder, `{date}_{time}${suffix}`), '--keep', '1'];
  const found = () => readdirSync(folder).filter((name) => !name.startsWith('.'));
  return {
    kind: suffix === '' ? 'backup into a folder' : 'backup',
    words: backup,
    env,
    site,
    async before(run) {
      await run(['db', 'backup', '-o', join(folder, older)], env);
    },
    async check(done) {
      assert(found().includes(older) ? !done : found().length === 1, `there are ${found()}`);
    },
    async repeat(run) {
      const before = found();
      for (const name of before) {
        await run(['db', 'backup', 'verify', join(folder, name)], env);
      }
      // In the same second it may have the name of the one that was killed.
      if ((await run(backup, env, [0, 4])).code === 0) {
        const [name = '', ...more] = found();
        assert(more.length === 0 && !before.includes(name), `there are ${found()}`);
        await run(['db', 'backup', 'verify', join(folder, name)], env);
        assertFiles(folder, [name]);
      }
    },
  };
});
