import { strict as assert } from 'node:assert';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fakePython } from '../../plugins/fake-python.ts';
import { wheelIn } from '../../plugins/wheel.ts';
import { until } from '../../support/until.ts';
import { isRunning } from '../processes.ts';
import { pick } from '../random.ts';
import { hostileSite } from '../site.ts';
import { assertFiles, runKills } from './kills.ts';
import { aSmallRig } from './rig.ts';

/** After a kill, `verify` answers, and an installation makes file, Python and database agree without leftovers. */
await using site = await hostileSite();
await aSmallRig(site, 0);

await runKills(async (round, random, folder) => {
  await site.pool.query('delete from plugin_packages');
  const kind = pick(random, ['install', 'upgrade', 'uninstall']);
  const [plugins, inbox] = [join(folder, 'plugins'), join(folder, 'inbox')];
  for (const path of [plugins, inbox]) {
    mkdirSync(path);
  }
  const python = fakePython(join(folder, 'python'));
  const name = `killed-${round}`;
  const env = { DATABASE_URL: site.url, WEBMACS_PLUGIN_DIR: plugins };
  const withPython = (...words: string[]) => ['plugins', ...words, '--python', python.path];
  const wheel = (version: string) => wheelIn(inbox, { name, version });
  const [old, latest] = [wheel('1.0'), wheel('1.1')];
  return {
    kind,
    words: kind === 'uninstall' ? withPython('uninstall', name, '--yes') : withPython('install', latest, '--upgrade'),
    env,
    site,
    async before(run) {
      if (kind !== 'install') {
        await run(withPython('install', old), env);
      }
    },
    async check() {
      // Python outlives the program for a moment.
      await until(() => !isRunning(python.path));
    },
    async repeat(run) {
      await run(withPython('verify', '--json'), env, [0, 6]);
      await run(withPython('install', latest, '--upgrade'), env);
      await run(withPython('verify', name), env);
      assertFiles(plugins, [`killed_${round}-1.1-py3-none-any.whl`]);
      assert.deepEqual(python.packages(), [`${name} 1.1`]);
      assert.equal(await site.value(`select string_agg(version, ',') from plugin_packages`), '1.1');
    },
  };
});
