import pg from 'pg';
import { deadTokens, type PrunePlan } from '../../src/prune/plan.ts';
import { PROGRAM } from '../support/paths.ts';
import { compare, type Figure, type Settings, timed } from './measure.ts';

/** Of the tokens so many in ten have expired. */
const EXPIRED = 3;
const PAUSE_MILLISECONDS = 5;

/**
 * The expired tokens among many, pruned in batches, against one DELETE with the same condition, on equal copies of the
 * table; and the longest that a session had to wait which meanwhile inserts, changes and deletes the tokens that go.
 */
export async function pruneFigures({ url, rows, runs }: Settings): Promise<Figure[]> {
  await timed(process.execPath, [PROGRAM, 'db', 'migrate'], { DATABASE_URL: url });
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(MAKE_TOKENS, [rows, EXPIRED]);
  const waits: { ours: number[]; theirs: number[] } = { ours: [], theirs: [] };
  const plan = deadTokens({ before: '-infinity', now: String(Date.now() / 1000) }, {});
  const prune = () => timed(process.execPath, [PROGRAM, 'tokens', 'prune'], { DATABASE_URL: url });
  const deletion = async () => await timedQuery(client, plan);
  const figure = await compare(
    `prune of ${share(rows)} of ${rows.toLocaleString('en-US')} tokens`,
    'one DELETE with the same condition',
    runs,
    async () => {
      await fill(client);
      return await prune();
    },
    async () => {
      await fill(client);
      return await deletion();
    },
  );
  for (let run = 0; run < runs; run += 1) {
    await fill(client);
    waits.ours.push(await longestWait(url, rows, prune));
    await fill(client);
    waits.theirs.push(await longestWait(url, rows, deletion));
  }
  await client.end();
  const longest = 'longest wait of another session meanwhile';
  return [figure, { what: `prune: ${longest}`, peer: `DELETE: ${longest}`, ...waits }];
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

async function fill(client: pg.Client): Promise<void> {
  await client.query('truncate blacklist_tokens restart identity');
  await client.query(
    'insert into blacklist_tokens (id, token, blacklisted_on) select id, token, blacklisted_on from tokens',
  );
  await client.query(`select setval('blacklist_tokens_id_seq', (select max(id) from tokens))`);
  await client.query('vacuum (analyze) blacklist_tokens');
  await client.query('checkpoint');
}

async function timedQuery(client: pg.Client, { table, conditions }: PrunePlan): Promise<{ seconds: number }> {
  const started = performance.now();
  for (const { sql, parameters } of conditions) {
    await client.query(`delete from ${table} where ${sql}`, [...parameters]);
  }
  return { seconds: (performance.now() - started) / 1000 };
}

/** Runs `work`, and gives the seconds that the slowest of many small changes took meanwhile. */
async function longestWait(url: string, rows: number, work: () => Promise<unknown>): Promise<number> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  let running = true;
  let longest = 0;
  const changes = (async () => {
    for (let n = 0; running; n += 1) {
      // The tokens that go are the ones with these numbers.
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
      await new Promise((done) => setTimeout(done, PAUSE_MILLISECONDS));
    }
  })();
  await work();
  running = false;
  await changes;
  await client.end();
  return longest;
}
