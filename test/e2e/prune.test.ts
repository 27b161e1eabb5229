import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { anEvent, anExperiment, aSite, aUser, datapoints, logEntries } from '../support/site.ts';
import { onTerminal } from '../support/terminal.ts';
import { until } from '../support/until.ts';

const site = await aSite();
afterAll(() => site[Symbol.asyncDispose]());
const { publicId: owner } = await aUser(site, { username: 'root', admin: true });

const MANY = 20_000;

async function entries(): Promise<number> {
  const { rows } = await site.pool.query('select count(*)::int as count from log_entries');
  return rows[0].count;
}

/** A prune that takes long: each row is a transaction of its own. */
async function aLongPrune(...more: string[]) {
  await logEntries(site, MANY, { owner, daysAgo: 100 });
  const child = site.start(['logs', 'prune', '--older-than', '90d', '--batch-size', '1', ...more]);
  await until(async () => (await entries()) < MANY);
  return child;
}

beforeEach(async () => void (await site.pool.query('delete from log_entries')));

describe('every prune', () => {
  test('deletes what is old in batches, silent without a terminal', async () => {
    await logEntries(site, 25, { owner, daysAgo: 91 });
    await logEntries(site, 3, { owner, daysAgo: 89 });
    const { code, stdout, stderr } = await site.run('logs prune --older-than 90d --batch-size 10');
    expect([code, stdout, stderr]).toEqual([0, '', '']);
    expect(await entries()).toBe(3);
    expect(await site.run('logs prune --older-than 90d')).toEqual({ code: 0, stdout: '', stderr: '' });
  });

  test('prints the result with --verbose', async () => {
    await logEntries(site, 1, { owner, daysAgo: 91 });
    const { stderr } = await site.run('logs prune --older-than P90D -v');
    expect(stderr).toMatch(
      /^✓ 1 log entry deleted in \d+\.\d\d s, written before \d{4}-\d\d-\d\d \d\d:\d\d(:\d\d)? \+00:00\.\n$/,
    );
  });

  test('gives one line of JSON', async () => {
    await logEntries(site, 7, { owner, daysAgo: 91 });
    const { stdout, stderr } = await site.run('logs prune --older-than 90d --json');
    expect(stderr).toBe('');
    expect(stdout.trim().split('\n')).toHaveLength(1);
    expect(JSON.parse(stdout)).toEqual({
      table: 'log_entries',
      deleted: 7,
      remaining: 0,
      seconds: expect.any(Number),
      before: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*\+00:00$/),
    });
  });

  test('counts with --dry-run, and deletes nothing', async () => {
    await logEntries(site, 7, { owner, daysAgo: 91 });
    const { stderr } = await site.run('logs prune --older-than 90d --dry-run --timezone +01:00');
    expect(stderr).toMatch(/^Would delete 7 log entries, written before \d.* \+01:00\.\n$/);
    const { stdout } = await site.run('logs prune --older-than 90d --dry-run --json --yes');
    expect(JSON.parse(stdout)).toMatchObject({ would_delete: 7, deleted: 0, remaining: 7 });
    expect(await entries()).toBe(7);
  });

  test.each([
    ['a missing age', 'logs prune', '--older-than'],
    ['an invalid duration', 'logs prune --older-than soon', '"soon"'],
    ['an age beyond all history', 'logs prune --older-than 999999999d', 'There are no rows that old'],
    ['a number without a unit', 'logs prune --older-than 90', 'For days, use 90d.'],
    ['minutes, which may be months', 'logs prune --older-than 1m', 'For months, use days, such as 30d'],
    ['an unknown time zone', 'logs prune --older-than 1d --timezone Nowhere', '"Nowhere"'],
    ['batches of nothing', 'logs prune --older-than 1d --batch-size 0', '1 to 100000'],
    ['an unknown type', 'logs prune --older-than 1d --type debug', 'debug'],
  ])('refuses %s with 2', async (_what, line, complaint) => {
    await logEntries(site, 1, { owner, daysAgo: 1000 });
    const { code, stderr } = await site.run(line);
    expect([code, stderr]).toEqual([2, expect.stringContaining(complaint)]);
    expect(await entries()).toBe(1);
  });

  test('skips a row that another transaction has locked, deletes the others, and reports it', async () => {
    await logEntries(site, 50, { owner, daysAgo: 91 });
    const holder = await site.pool.connect();
    await holder.query('begin');
    const { rows } = await holder.query(
      `update log_entries set status_type = 'read' where id = (select min(id) + 20 from log_entries) returning id`,
    );
    const json = await site.run('logs prune --older-than 90d --batch-size 8 --json');
    expect([json.code, JSON.parse(json.stdout)]).toEqual([0, expect.objectContaining({ deleted: 49, remaining: 1 })]);
    const words = await site.run('logs prune --older-than 90d');
    expect([words.code, words.stderr]).toEqual([
      0,
      expect.stringContaining('Skipped 1 log entry locked by other sessions'),
    ]);
    await holder.query('commit');
    holder.release();
    expect((await site.pool.query('select id from log_entries')).rows).toEqual(rows);
    expect(JSON.parse((await site.run('logs prune --older-than 90d --json')).stdout)).toMatchObject({ deleted: 1 });
  });

  test('comes to an end where others hold more rows than a batch has', async () => {
    await logEntries(site, 50, { owner, daysAgo: 91 });
    const holder = await site.pool.connect();
    await holder.query('begin');
    await holder.query('select from log_entries order by id limit 30 for update');
    const { stdout } = await site.run('logs prune --older-than 90d --batch-size 4 --json');
    await holder.query('rollback');
    holder.release();
    expect(JSON.parse(stdout)).toMatchObject({ deleted: 20, remaining: 30 });
  });

  test('exits with 7 if another session has locked the whole table', async () => {
    await logEntries(site, 1, { owner, daysAgo: 91 });
    const holder = await site.pool.connect();
    await holder.query('begin');
    await holder.query('lock table log_entries in share mode');
    const { code, stderr } = await site.run('logs prune --older-than 90d --lock-timeout 1');
    await holder.query('rollback');
    holder.release();
    expect([code, stderr]).toEqual([7, expect.stringContaining('has locked the table log_entries')]);
  });
});

describe('two prunes of a table', () => {
  test('never run concurrently: the second exits with 0 and reports it', async () => {
    const first = await aLongPrune();
    const second = await site.run('logs prune --older-than 1d');
    expect(second).toEqual({ code: 0, stdout: '', stderr: expect.stringContaining('Another prune of log entries') });
    const { stdout } = await site.run('logs prune --older-than 1d --json');
    expect(JSON.parse(stdout)).toMatchObject({ deleted: 0, remaining: null, busy: true });
    expect((await site.run('tokens prune')).stderr).toBe('');
    first.kill('SIGINT');
    await once(first, 'close');
    expect(await entries()).toBeGreaterThan(0);
    expect((await site.run('logs prune --older-than 90d')).code).toBe(0);
    expect(await entries()).toBe(0);
  });

  test('the lock of a killed one does not outlive it', async () => {
    const first = await aLongPrune();
    first.kill('SIGKILL');
    await once(first, 'close');
    let run = await site.run('logs prune --older-than 90d --json');
    for (let tries = 0; tries < 20 && JSON.parse(run.stdout).busy; tries += 1) {
      run = await site.run('logs prune --older-than 90d --json');
    }
    expect(JSON.parse(run.stdout)).not.toHaveProperty('busy');
    expect(await entries()).toBe(0);
  });
});

describe('Ctrl-C', () => {
  test.each([
    [[], (stderr: string) => stderr],
    [['--json'], (stderr: string) => JSON.parse(stderr).error.message],
  ])('ends a prune after the batch, and what is gone stays gone: %j', async (format, messageOf) => {
    const child = await aLongPrune(...format);
    const stderr = child.stderr ? text(child.stderr) : '';
    child.kill('SIGINT');
    const [code] = await once(child, 'close');
    const left = await entries();
    expect(code).toBe(130);
    expect(left).toBeGreaterThan(0);
    expect(messageOf(await stderr)).toContain(
      `${(MANY - left).toLocaleString('en-US')} rows of log_entries were deleted`,
    );
  });
});

describe('on a terminal', () => {
  const env = { DATABASE_URL: site.url };

  test('a prune shows how many rows there are, and asks for confirmation', async () => {
    await logEntries(site, 3, { owner, daysAgo: 91 });
    const no = await onTerminal('logs prune --older-than 90d', env, [
      ['Delete 3 log entries, written before 2', 'n\r'],
    ]);
    expect([no.code, no.output]).toEqual([0, expect.stringContaining('Nothing was deleted.')]);
    expect(await entries()).toBe(3);
    const yes = await onTerminal('logs prune --older-than 90d', env, [
      ['Delete 3 log entries, written before 2', 'y\r'],
    ]);
    expect([yes.code, yes.output]).toEqual([0, expect.stringContaining('3 log entries deleted')]);
    expect(await entries()).toBe(0);
  });

  test('with --yes it does not ask, and prints the result', async () => {
    await logEntries(site, 3, { owner, daysAgo: 91 });
    const { code, output } = await onTerminal('logs prune --older-than 90d --yes', env);
    expect([code, output]).toEqual([0, expect.stringMatching(/3 log entries deleted in/)]);
  });
});

test('logs prune deletes only the given type and status', async () => {
  for (const type of ['info', 'error']) {
    for (const status of ['read', 'unread']) {
      await logEntries(site, 1, { owner, daysAgo: 91, type, status });
    }
  }
  await site.run('logs prune --older-than 90d --type info --status read');
  expect(await entries()).toBe(3);
  await site.run('logs prune --older-than 90d --status unread');
  expect(await entries()).toBe(1);
});

describe('datapoints prune', () => {
  const count = async (event: string) =>
    (await site.pool.query('select from datapoints where event_public_id = $1', [event])).rowCount;

  test('keeps with --keep-experiments what belongs to one', async () => {
    const event = await anEvent(site, { owner });
    const experiment = await anExperiment(site, { owner });
    await datapoints(site, 5, { event: event.publicId, experiment: experiment.publicId });
    await datapoints(site, 7, { event: event.publicId });
    const { stdout } = await site.run('datapoints prune --older-than 1d --keep-experiments --json');
    expect(JSON.parse(stdout)).toMatchObject({ deleted: 7, remaining: 0 });
    expect(await count(event.publicId)).toBe(5);
    await site.run('datapoints prune --older-than 1d');
    expect(await count(event.publicId)).toBe(0);
  });

  test('deletes with --event only those of the events', async () => {
    const events = [await anEvent(site, { owner }), await anEvent(site, { owner }), await anEvent(site, { owner })];
    for (const { publicId } of events) {
      await datapoints(site, 9, { event: publicId });
    }
    const [one, two] = events.map(({ name }) => ['--event', name]);
    const line = [
      'datapoints',
      'prune',
      '--older-than',
      '1d',
      '--batch-size',
      '4',
      '--json',
      ...(one ?? []),
      ...(two ?? []),
    ];
    expect(JSON.parse((await site.run(line)).stdout)).toMatchObject({ deleted: 18 });
    expect(await Promise.all(events.map(({ publicId }) => count(publicId)))).toEqual([0, 0, 9]);
    expect((await site.run('datapoints prune --older-than 1d --event none')).code).toBe(3);
  });

  test('comes through many datapoints of one moment in small batches', async () => {
    const { publicId } = await anEvent(site, { owner });
    await datapoints(site, 100, { event: publicId });
    await site.pool.query(`update datapoints set timestamp = '2026-01-01' where event_public_id = $1`, [publicId]);
    const { stdout } = await site.run(['datapoints', 'prune', '--older-than', '1d', '--batch-size', '7', '--json']);
    expect(JSON.parse(stdout)).toMatchObject({ remaining: 0 });
    expect(await count(publicId)).toBe(0);
  });
});
