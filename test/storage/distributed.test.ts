import { randomUUID } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Database } from '../../src/database/database.ts';
import { targetFromUrl } from '../../src/database/target.ts';
import { datapointCounts } from '../../src/domain/experiments.ts';
import { Experiment } from '../../src/entities/index.ts';
import { AGREED, aSite, aUser, layout, type Site } from '../support/site.ts';
import { aSiteFor, hasForm, testForm } from '../support/storage-forms.ts';
import { until } from '../support/until.ts';
import { aRun, aWriter, MARKED } from '../support/writer-on-all.ts';

const CONVERT = `db storage citus --distribute-by event --shards 8${AGREED}`;

let site: Site;

beforeAll(async () => {
  if (!hasForm('distributed')) {
    return;
  }
  site = await aSiteFor('distributed');
  await aRun(site);
  expect((await site.run(CONVERT)).code).toBe(0);
}, 180_000);
afterAll(async () => await site?.[Symbol.asyncDispose]());

testForm('distributed', 'every export is of one moment, and does not stop who writes', async () => {
  await using writer = aWriter(site);
  for (let at = 0; at < 12; at++) {
    const before = writer.writes;
    const file = join(tmpdir(), `${randomUUID()}.csv`);
    const { code, stderr } = await site.run(
      `experiments export Run -o ${file} --columns timestamp,value --jobs ${1 + 3 * (at % 2)}`,
    );
    expect([code, stderr]).toEqual([0, expect.not.stringContaining('moment')]);
    const lines = readFileSync(file, 'utf8')
      .split('\n')
      .slice(1, MARKED + 1);
    expect(new Set(lines.map((line) => line.split(',')[1])).size).toBe(1);
    expect(writer.writes).toBeGreaterThan(before);
  }
});

testForm('distributed', 'what may not be of one moment says so, also in the record', async () => {
  const role = `reader_${randomUUID().slice(0, 8)}`;
  await site.pool.query(`create role ${role} login; grant select on all tables in schema public to ${role}`);
  const url = new URL(site.url);
  url.username = role;
  const { code, stdout, stderr } = await site.run('experiments summary Run --json', {
    env: { DATABASE_URL: url.href },
  });
  const [caveat] = JSON.parse(stdout).caveats;
  await site.pool.query(`drop owned by ${role}; drop role ${role}`);
  expect([code, caveat]).toEqual([
    0,
    expect.stringMatching(/^The datapoints .* read at several moments, for the role may not lock/),
  ]);
  expect(stderr).toContain(caveat);
});

testForm('distributed', 'the datapoints of experiments are counted, to choose one of them', async () => {
  await using database = await Database.open(targetFromUrl(site.url));
  const experiments = await database.em.find(Experiment, {});
  const { rows } = await site.pool.query(
    'select experiment_public_id as id, count(*)::int from datapoints where experiment_public_id is not null group by 1',
  );
  expect(Object.fromEntries(await datapointCounts(database.em, experiments))).toEqual(
    Object.fromEntries(rows.map(({ id, count }) => [id, count])),
  );
});

testForm('distributed', 'rows that every server has are deleted from each', async () => {
  const { publicId: owner } = await aUser(site);
  await site.pool.query(
    `insert into log_entries (public_id, content, logging_type, status_type, user_public_id, created_on)
     select n, 'old', 'info', 'read', $1, timestamptz '2026-01-01Z' + n * interval '1 day' from generate_series(0, 9) n`,
    [owner],
  );
  const left = async () => {
    const { rows } = await site.pool.query(
      "select result from run_command_on_all_nodes('select count(*) from log_entries')",
    );
    return rows.map(({ result }) => result);
  };
  expect(await left()).toEqual(['10', '10', '10']);
  const { stdout } = await site.run('logs prune --older-than 1h --batch-size 4 --json');
  expect(JSON.parse(stdout)).toMatchObject({ deleted: 10, remaining: 0 });
  expect(await left()).toEqual(['0', '0', '0']);
});

testForm('distributed', 'rows that others hold are left, on whatever server they are', async () => {
  const holder = await site.pool.connect();
  await holder.query("begin; update datapoints set value = 1 where public_id = 'd-3'");
  const { stdout } = await site.run('datapoints prune --older-than 1h --event E3 --batch-size 200 --json');
  await holder.query('rollback');
  holder.release();
  expect(JSON.parse(stdout)).toMatchObject({ deleted: (MARKED * 40) / 9 - 1, remaining: 1 });
});

/** Imports two datapoints of a day of January 2027; returns the id of the import. */
async function anImport(day: string): Promise<string> {
  const file = join(tmpdir(), `${randomUUID()}.csv`);
  writeFileSync(file, `timestamp,event,value\n2027-01-${day}T00:00:00Z,E1,7\n2027-01-${day}T00:00:00Z,E2,8\n`);
  return JSON.parse((await site.run(`datapoints import ${file} --json`)).stdout).import_id;
}

testForm('distributed', 'an import is undone while all of its rows are as it wrote them', async () => {
  const count = async () => (await site.pool.query('select count(*)::int as count from datapoints')).rows[0].count;
  const before = await count();
  const [changed, unchanged] = [await anImport('01'), await anImport('02')];
  await site.pool.query(
    "update datapoints set value = 9 where id = (select min(id) from datapoints where timestamp >= '2027-01-01Z')",
  );
  const { code, stderr } = await site.run(`datapoints imports undo ${changed} --yes`);
  expect([code, stderr]).toEqual([4, expect.stringContaining('1 of the 2 datapoints')]);
  expect((await site.run(`datapoints imports undo ${unchanged} --yes`)).code).toBe(0);
  expect(await count()).toBe(before + 2);
  expect((await site.run(`datapoints imports undo ${unchanged} --yes`)).stderr).toContain('already undone');
  await site.run('datapoints delete --from 2027-01-01Z --yes');
});

testForm('distributed', 'what is archived is dropped as it is, and restored', async () => {
  const folder = join(tmpdir(), `archive-${randomUUID()}`);
  // All but when it was written.
  const columns = 'id,public_id,value,timestamp,event,experiment';
  const everything = async () => (await site.run(`datapoints list --limit 10000 --json --columns ${columns}`)).stdout;
  const before = await everything();
  const readings = async (more: string) => {
    const lines = [
      'experiments export Run -o - --columns timestamp,event_name,value,datapoint_public_id',
      'datapoints export -o - --event E3 --event E4 --from 2026-01-01T06:00Z --to 2026-01-02T18:00Z',
      'experiments export Run -o - --every 1h --aggregate mean,count --timezone UTC',
      'datapoints stats --experiment Run --json',
      'datapoints stats --event E5 --to 2026-01-02Z --json',
    ];
    const outcomes: unknown[] = [];
    for (const line of lines) {
      const { code, stdout, stderr } = await site.run(`${line} --quiet ${more}`.trim());
      // The order in which numbers are added up is seen in their last digits.
      outcomes.push([code, stdout.replaceAll(/\d+\.\d{9,}/g, (number) => Number(number).toPrecision(12)), stderr]);
    }
    return outcomes;
  };
  const asOneTable = await readings('');
  const archived = await site.run(`datapoints archive --older-than 1d -o ${folder} --drop --yes --json`);
  expect([archived.code, archived.stderr]).toEqual([0, expect.not.stringContaining('moments')]);
  expect(JSON.parse(await everything())).toEqual([]);
  expect(await readings(`--archive ${folder}`)).toEqual(asOneTable);
  // Of a datapoint that is in both, what the database has counts.
  expect((await site.run(`datapoints restore ${folder} --month 2026-01`)).code).toBe(0);
  await site.pool.query(
    "update datapoints set value = value + 1, experiment_public_id = null where public_id = 'd-301'",
  );
  const changed = await readings('');
  expect(changed).not.toEqual(asOneTable);
  expect(await readings(`--archive ${folder}`)).toEqual(changed);
  await site.run('datapoints delete --from 2020-01-01Z --yes');
  expect((await site.run(`datapoints restore ${folder}`)).code).toBe(0);
  expect(await everything()).toBe(before);
});

testForm('distributed', 'status has the shards of each server, and what may be freed', async () => {
  // Else the numbers are those of a moment before.
  await site.pool.query('analyze datapoints');
  const { rows } = await site.pool.query('select count(*)::int as count from datapoints');
  const { leaves, advice, ...status } = JSON.parse((await site.run('db storage status --json')).stdout);
  expect(status).toMatchObject({ form: 'distributed', key: 'HASH ("event_public_id")', rows: rows[0].count });
  expect([leaves.length, new Set(leaves.map(({ server }: { server: string }) => server)).size]).toEqual([8, 2]);
  const commands = advice.map(({ command }: { command: string | null }) => command);
  expect(commands).not.toContain('webmacs db storage citus');
  // As a conversion that did not free them leaves them.
  await site.pool.query("select undistribute_table('blacklist_tokens')");
  await site.pool.query("insert into blacklist_tokens (token) values ('t')");
  await site.pool.query("select create_reference_table('blacklist_tokens')");
  const { stdout } = await site.run('db storage status --json');
  expect(JSON.parse(stdout).advice).toContainEqual(
    expect.objectContaining({ due: false, command: 'webmacs db storage citus' }),
  );
  const freed = await site.run(`db storage citus --json${AGREED}`);
  expect([freed.code, JSON.parse(freed.stdout)]).toEqual([0, { changed: true, form: 'distributed' }]);
  expect(JSON.parse((await site.run('db storage status --json')).stdout).advice).toEqual(advice);
  const tokens = await site.pool.query('select token from blacklist_tokens');
  expect(tokens.rows).toEqual([{ token: 't' }]);
  const { tables } = JSON.parse((await site.run('db info --json')).stdout);
  const { size_bytes: size } = tables.find(({ table }: { table: string }) => table === 'datapoints');
  expect(size).toBe(status.size_bytes);
});

testForm('distributed', 'what is counted, and what is maintained, is on all servers', async () => {
  await site.pool.query(
    `insert into datapoints (public_id, value, timestamp, event_public_id)
     select 'more-' || n, 0, timestamptz '2027-02-01Z' + n * interval '1 minute', 'e-' || n % 9 from generate_series(1, 6000) n`,
  );
  const maintained = async () => {
    const { stdout } = await site.run('db maintain --table datapoints --dry-run --json');
    return JSON.parse(stdout)[0]?.action ?? '';
  };
  // The servers count rows some time after they are written.
  await until(async () => (await maintained()).includes('analyze'));
  expect((await site.run('db maintain --table datapoints')).code).toBe(0);
  await until(async () => (await maintained()) === '');
  const { datapoints, size_bytes: size } = JSON.parse((await site.run('status --json')).stdout);
  const { rows } = await site.pool.query(
    'select count(*)::int as count, pg_database_size(current_database())::float8 as size from datapoints',
  );
  expect(datapoints).toBe(rows[0].count);
  expect(size).toBeGreaterThan(2 * rows[0].size);
  await site.run('datapoints delete --from 2027-02-01Z --yes');
});

testForm('distributed', 'no other form is made of it, and its ids are wide', async () => {
  for (const change of ['partition', 'split', 'extend', 'timescale']) {
    expect(await site.run(`db storage ${change}${AGREED}`)).toMatchObject({
      code: 4,
      stderr: expect.stringMatching(/cannot have partitions or chunks(.|\n)*webmacs db storage plain/),
    });
  }
  const { code, stderr } = await site.run(`db storage widen${AGREED}`);
  expect([code, stderr]).toEqual(
    layout === 'own'
      ? [0, expect.stringContaining('Nothing to do')]
      : [4, expect.stringContaining('db storage plain, widen, citus')],
  );
  expect((await site.run('db check')).stdout).not.toContain('alter');
});

testForm('distributed', 'it is made one table again', async () => {
  const id = await anImport('03');
  const latest = (await site.run('datapoints latest --json')).stdout;
  expect((await site.run(`db storage plain${AGREED}`)).code).toBe(0);
  // The rows were written anew, by another transaction.
  expect((await site.run(`datapoints imports undo ${id} --yes`)).stderr).toContain(
    'moved to the servers of Citus, or back',
  );
  expect((await site.run('datapoints latest --json')).stdout).toBe(latest);
  expect((await site.run('db check')).stdout).not.toContain('alter');
});

test('what Citus cannot do is refused by name', async () => {
  await using plain = await aSite();
  const byExperiment = await plain.run('db storage citus --distribute-by experiment');
  expect([byExperiment.code, byExperiment.stderr]).toEqual([2, expect.stringContaining('need not have an experiment')]);
  const missing = await plain.run(CONVERT);
  expect([missing.code, missing.stderr]).toEqual([4, expect.stringContaining('citus is not installed')]);
});
