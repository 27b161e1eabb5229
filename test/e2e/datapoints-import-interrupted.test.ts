import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { TestHost } from '../support/host.ts';
import { temporaryDirectory } from '../support/program.ts';
import { running } from '../support/running.ts';
import { anEvent, aSite } from '../support/site.ts';
import { until } from '../support/until.ts';

const site = await aSite();
afterAll(() => site[Symbol.asyncDispose]());

async function rowsOf(event: string): Promise<number> {
  const { rowCount } = await site.pool.query('select from datapoints where event_public_id = $1', [event]);
  return rowCount ?? 0;
}

/** Runs a statement when a transaction that inserts datapoints commits. */
async function atCommit(statement: string): Promise<AsyncDisposable> {
  await site.pool.query(`create function at_commit() returns trigger language plpgsql as $$ begin ${statement}; return null; end $$;
    create constraint trigger at_commit after insert on datapoints deferrable initially deferred
      for each row execute function at_commit()`);
  const drop = async () =>
    void (await site.pool.query('drop trigger at_commit on datapoints; drop function at_commit'));
  return { [Symbol.asyncDispose]: drop };
}

async function copying(): Promise<number> {
  const { rowCount } = await site.pool.query(
    `select from pg_stat_progress_copy where datname = current_database() and tuples_processed > 0`,
  );
  return rowCount ?? 0;
}

describe('datapoints import', () => {
  test('takes the rejected lines back if the server refuses the commit', async () => {
    using folder = temporaryDirectory();
    const event = await anEvent(site);
    await using _trigger = await atCommit(`raise 'not today'`);
    const words = [
      'datapoints',
      'import',
      '-',
      '--event',
      event.name,
      '--skip-bad',
      join(folder.path, 'bad.csv'),
      '--max-bad',
      '50',
    ];
    const { code } = await site.run(words, { input: 'timestamp,value\n2026-01-01T00:00:00Z,1\nyesterdayish,2\n' });
    expect([code, await rowsOf(event.publicId), readdirSync(folder.path)]).toEqual([5, 0, []]);
  });

  test('an interruption during the commit comes too late: all is done, and reported so', async () => {
    using folder = temporaryDirectory();
    const event = await anEvent(site);
    const bad = join(folder.path, 'bad.csv');
    await using _trigger = await atCommit('perform pg_advisory_xact_lock(4711)');
    const holder = await site.pool.connect();
    await holder.query('begin; select pg_advisory_xact_lock(4711)');
    const input = 'timestamp,value\n2026-01-01T00:00:00Z,1\nyesterdayish,2\n';
    const words = ['datapoints', 'import', '-', '--event', event.name, '--skip-bad', bad, '--max-bad', '50'];
    const importing = running(words, new TestHost({ env: { DATABASE_URL: site.url }, input }));
    await until(
      async () =>
        (
          await holder.query(
            'select from pg_locks join pg_database d on d.oid = database where not granted and objid = 4711 and datname = current_database()',
          )
        ).rowCount,
    );
    // Nothing that can fail is left for the time after the commit.
    expect(readFileSync(bad, 'utf8')).toMatch(/^timestamp,value,rejected_line,.*\nyesterdayish,2,3,/);
    const outcome = importing.interrupt();
    await holder.query('commit');
    holder.release();
    const { code, stderr } = await outcome;
    expect([code, stderr]).toEqual([0, expect.stringContaining('1 datapoint imported')]);
    expect(await rowsOf(event.publicId)).toBe(1);
  });

  test.each(['SIGKILL', 'SIGINT'] as const)('writes no row after %s', async (signal) => {
    const event = await anEvent(site);
    const child = site.start(['datapoints', 'import', '-', '--event', event.name]);
    const line = '2026-01-01T00:00:00Z,1\n';
    child.stdin?.on('error', () => {});
    child.stdin?.write(`timestamp,value\n${line.repeat(120_000)}`);
    await until(async () => (await copying()) > 0);
    child.kill(signal);
    const [code] = await once(child, 'exit');
    await until(async () => (await copying()) === 0);
    expect([code, await rowsOf(event.publicId)]).toEqual([signal === 'SIGINT' ? 130 : null, 0]);
  });
});
