import { strict as assert } from 'node:assert';
import { pick } from '../random.ts';
import { hostileSite } from '../site.ts';
import { runKills } from './kills.ts';
import { aSmallRig } from './rig.ts';

/** Only old rows are deleted, new ones never; the next prune deletes the rest. */
const OLD = 5000;
const NEW = 500;

interface Prunable {
  noun: string;
  words: string[];
  table: string;
  column: string;
  /** Inserts rows that are `$1` days old, from 1 to `$2`. */
  insert: string;
}

const PRUNABLE: Prunable[] = [
  {
    noun: 'tokens',
    words: [],
    table: 'blacklist_tokens',
    column: 'blacklisted_on',
    insert: `insert into blacklist_tokens (token, blacklisted_on)
      select $1 || '-' || i, now() - $1::int * interval '1 day' from generate_series(1, $2::int) i`,
  },
  {
    noun: 'logs',
    words: ['--older-than', '30d'],
    table: 'log_entries',
    column: 'created_on',
    insert: `insert into log_entries (public_id, content, logging_type, status_type, user_public_id, created_on)
      select $1 || '-' || i, 'Entry', 'info', 'unread', 'u1', now() - $1::int * interval '1 day' from generate_series(1, $2::int) i`,
  },
  {
    noun: 'datapoints',
    words: ['--older-than', '30d'],
    table: 'datapoints',
    column: 'timestamp',
    insert: `insert into datapoints (public_id, value, timestamp, event_public_id)
      select $1 || '-' || i, i, now() - $1::int * interval '1 day', 'e1' from generate_series(1, $2::int) i`,
  },
];

await using site = await hostileSite();
await aSmallRig(site, 0);

await runKills(async (_round, random) => {
  const { noun, words, table, column, insert } = pick(random, PRUNABLE);
  await site.pool.query(`truncate ${table}`);
  await site.pool.query(insert, ['90', OLD]);
  await site.pool.query(insert, ['0', NEW]);
  const rows = async (age: string) =>
    await site.value(`select count(*)::int from ${table} where ${column} ${age} now() - interval '29 days'`);
  const command = [noun, 'prune', ...words, '--batch-size', '200'];
  const env = { DATABASE_URL: site.url };
  return {
    kind: noun,
    words: command,
    env,
    site,
    async check(done) {
      assert.equal(await rows('>'), NEW, 'new rows');
      const old = Number(await rows('<'));
      assert(done ? old === 0 : old % 200 === 0, `${old} old rows, which is not a number of whole batches`);
    },
    async repeat(run) {
      const { stdout, stderr } = await run(command, env);
      assert.equal(`${stdout}${stderr}`, '', 'a prune is silent');
      assert.deepEqual([await rows('<'), await rows('>')], [0, NEW], 'old and new rows');
    },
  };
});
