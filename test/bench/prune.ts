import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from 'pg';
import { deadTokens, type PrunePlan } from '../../src/prune/plan.ts';
import { PROGRAM } from '../support/paths.ts';
import { databaseFor, withClient } from './database.ts';
import { compare, type Figure, type Measurement, type Settings, timed } from './measure.ts';

/** The number of tokens in ten that have expired. */
const EXPIRED = 3;
const PAUSE_MILLISECONDS = 5;

/**
 * Measures pruning expired tokens in batches against one DELETE with the same condition, on equal copies of the table, and the
 * longest wait of another session that inserts, updates and deletes the same tokens at the same time.
 */
export async function pruneFigures(settings: Settings): Promise<Figure[]> {
  const { rows, runs } = settings;
  const url = await databaseFor(settings, 'bench_prune');
  return await withClient(url, async (client) => {
    await client.query(MAKE_TOKENS, [rows, EXPIRED]);
    const plan = deadTokens({ before: '-infinity', now: String(Date.now() / 1000) }, {});
    const prune = () => timed(process.execPath, [PROGRAM, 'tokens', 'prune'], { DATABASE_URL: url });
    const deletion = () => timedQuery(client, plan);
    const onFullTable = (work: () => Promise<Measurement>) => async () => {
      await fill(client);
      return await work();
    };
    const pruned = await compare(
      `prune of ${share(rows)} of ${rows.toLocaleString('en-US')} tokens`,
      'one DELETE with the same condition',
      runs,
      onFullTable(prune),
      onFullTable(deletion),
      { ratio: 1.3 },
    );
    const waited = await compare(
      'longest wait of another session during the prune',
      'during the DELETE',
      runs,
      onFullTable(() => longestWait(url, rows, prune)),
      onFullTable(() => longestWait(url, rows, deletion)),
      { under: 0.2 },
    );
    return [pruned, waited];
  });
}

const MAKE_TOKENS = `
  create table tokens as
  select n as id,
         rtrim(replace(encode(convert_to('{"alg":"HS256","typ":"JWT"}', 'UTF8'), 'base64'), E'\\n', ''), '=') || '.' ||
         rtrim(translate(encode(convert_to(format('{"sub":"%s","exp":%s,"iat":%s}', gen_random_uuid(),
           extract(epoch from now())::int + case when n % 10 < $2::int then -n / 60 else 1 + n / 60 + 86400 end,
           extract(epoch from now())::int - 86400), 'UTF8'), 'base64'), E'+/\\n', '-_'), '=') || '.' ||
         rtrim(translate(encode(sha256(n::text::bytea), 'base64'), '+/', '-_'), '=') as token,
         now() - n * interval '1 second' as blacklisted_on
    from generate_series(1, $1::int) n`;

function share(rows: number): string {
  return ((rows * EXPIRED) / 10).toLocaleString('en-US');
}

async function fill(client: Client): Promise<void> {
  await client.query('truncate blacklist_tokens restart identity');
  await client.query(
    'insert into blacklist_tokens (id, token, blacklisted_on) select id, token, blacklisted_on from tokens',
  );
  await client.query(`select setval('blacklist_tokens_id_seq', (select max(id) from tokens))`);
  await client.query('vacuum (analyze) blacklist_tokens');
  await client.query('checkpoint');
}

async function timedQuery(client: Client, { table, conditions }: PrunePlan): Promise<Measurement> {
  const started = performance.now();
  for (const { sql, parameters } of conditions) {
    await client.query(`delete from ${table} where ${sql}`, [...parameters]);
  }
  return { seconds: (performance.now() - started) / 1000, memory: 0 };
}

/** Runs `work`, and returns the duration of the slowest of many small changes made at the same time. */
async function longestWait(url: string, rows: number, work: () => Promise<unknown>): Promise<Measurement> {
  return await withClient(url, async (client) => {
    const working = new AbortController();
    const changes = slowestChange(client, rows, working.signal);
    await work();
    working.abort();
    return { seconds: await changes, memory: 0 };
  });
}

async function slowestChange(client: Client, rows: number, signal: AbortSignal): Promise<number> {
  let longest = 0;
  for (let n = 0; !signal.aborted; n += 1) {
    // The ids of the expired tokens.
    const id = 10 * Math.floor((Math.random() * rows) / 10) + (n % EXPIRED);
    const started = performance.now();
    switch (n % 3) {
      case 0:
        await client.query('insert into blacklist_tokens (token) values ($1)', [`new-${n}-${Math.random()}`]);
        break;
      case 1:
        await client.query('update blacklist_tokens set blacklisted_on = now() where id = $1', [id]);
        break;
      default:
        await client.query('delete from blacklist_tokens where id = $1', [id]);
    }
    longest = Math.max(longest, (performance.now() - started) / 1000);
    await sleep(PAUSE_MILLISECONDS);
  }
  return longest;
}
