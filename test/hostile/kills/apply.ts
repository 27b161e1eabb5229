import { strict as assert } from 'node:assert';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { hostileSite } from '../site.ts';
import { runKills } from './kills.ts';

/** The site is as it was, or as the file declares it; never between the two. */
const EVENTS = 200;

await using site = await hostileSite();

/** A site of events with a rule each, whose numbers tell which version it is. */
const siteOf = (version: number) =>
  JSON.stringify({
    owner: 'admin',
    users: { admin: { email: 'admin@lab.org', admin: true, password_from: { env: 'PASSWORD' } } },
    events: Object.fromEntries(
      Array.from({ length: EVENTS }, (_, at) => [
        // Half of them are others in each version.
        at % 2 === 0 ? `Event ${at}` : `Event ${at} of ${version}`,
        { unit: 'C', min_value: 0, max_value: version + 1, event_type: 'sensor' },
      ]),
    ),
    rules: { R: { event: 'Event 0', operator: 'gt', threshold: version, action_type: 'log' } },
  });

const version = async () =>
  await site.value(
    `select coalesce(string_agg(distinct max_value - 1 || ' ' || (select threshold from rules) || ' ' || (select count(*) from events), ','), 'none') from events`,
  );
const expected = (number: number) => (number < 0 ? 'none' : `${number} ${number} ${EVENTS}`);
let applied = -1;

await runKills(async (round, _random, folder) => {
  const file = join(folder, 'site.json');
  writeFileSync(file, siteOf(round));
  const words = ['apply', '-f', file, '--prune', '--yes'];
  const env = { DATABASE_URL: site.url, PASSWORD: 'a password' };
  return {
    kind: 'apply',
    words,
    env,
    site,
    async check(done) {
      const now = await version();
      assert(now === expected(round) || (now === expected(applied) && !done), `the site is ${now}`);
    },
    async repeat(run) {
      await run(words, env);
      assert.equal(await version(), expected(round));
      applied = round;
    },
  };
});
