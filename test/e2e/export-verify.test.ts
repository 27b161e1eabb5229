import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, describe, expect, test } from 'vitest';
import { temporaryDirectory } from '../support/program.ts';
import { anEvent, anExperiment, aSite, datapoints } from '../support/site.ts';
import { until } from '../support/until.ts';

const site = await aSite();
const folder = temporaryDirectory();
afterAll(async () => {
  await site[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});
const data = join(folder.path, 'data');
const env = { WEBMACS_DATA_DIR: data };
const event = await anEvent(site, { name: 'Flow, "left"\nor right' });
const run = await anExperiment(site, { name: 'Run 7' });
await datapoints(site, 500, { event: event.publicId, experiment: run.publicId });

const path = (name: string) => join(folder.path, name);
const webmacs = async (...words: string[]) => await site.run(['experiments', ...words], { env });
const exportTo = async (name: string, ...options: string[]) =>
  await webmacs('export', run.name, '-o', path(name), '--force', ...options);
const verify = async (name: string, ...more: string[]) => await webmacs('verify', path(name), ...more);

test('figures of buckets are the same to the last digit in whatever order the datapoints are stored', async () => {
  await using other = await aSite();
  await datapoints(other, 2000, { event: (await anEvent(other)).publicId });
  await other.pool.query('update datapoints set value = 1000 * sin(id) ^ 9');
  const figures = async () =>
    (await other.run('datapoints export -o - --every 1d --aggregate mean,stddev --quiet')).stdout;
  const before = await figures();
  await other.pool.query(`create table shuffled as select * from datapoints order by sin(id);
    truncate datapoints; insert into datapoints overriding system value select * from shuffled`);
  expect(await figures()).toBe(before);
});

describe('--checksum', () => {
  test.each(['sum.csv', 'sum.csv.gz', 'back\\slash\n.csv'])('writes what sha256sum checks: %j', async (name) => {
    expect((await exportTo(name, '--checksum')).code).toBe(0);
    expect(execFileSync('sha256sum', ['--check', '--strict', `${name}.sha256`], { cwd: folder.path })).toBeTruthy();
  });

  test('is in the report', async () => {
    const { stdout } = await exportTo('report.csv', '--json');
    const { sha256 } = JSON.parse(stdout);
    expect(execFileSync('sha256sum', [path('report.csv')], { encoding: 'utf8' })).toContain(sha256);
  });

  test('replaces none without --force, before anything is written', async () => {
    writeFileSync(path('none.csv.sha256'), 'mine');
    const { code, stderr } = await webmacs('export', run.name, '-o', path('none.csv'), '--checksum');
    expect([code, stderr]).toEqual([4, expect.stringContaining('none.csv.sha256 already exists')]);
    expect(readdirSync(folder.path)).not.toContain('none.csv');
  });

  test('and file appear together: if one cannot be written, there is neither', async () => {
    const name = `${'n'.repeat(245)}.csv`;
    const { code } = await webmacs('export', run.name, '-o', path(name), '--checksum');
    expect([code, readdirSync(folder.path)]).toEqual([2, expect.not.arrayContaining([name])]);
  });

  test.each(['--checksum', '--resume'])('%s is refused for what is not a file', async (option) => {
    for (const output of ['-', '/dev/null']) {
      const { code, stdout, stderr } = await webmacs('export', run.name, '-o', output, option);
      expect([code, stdout, stderr]).toEqual([2, '', expect.stringContaining(`${option} needs a file`)]);
    }
  });
});

test.each([
  [['-o', 'x.parquet'], '--format parquet'],
  [['-o', 'x.xlsx'], '--format xlsx'],
  [['-o', 'x.csv', '--every', '1min', '--fill', 'null'], '--fill null'],
  [['-o', 'x.csv.gz'], 'compressed'],
  [['-o', 'folder/', '--layout', 'per-event'], '--layout per-event'],
])('--resume is refused with %j', async (options, why) => {
  const { code, stderr } = await webmacs('export', run.name, '--resume', ...options);
  expect([code, stderr]).toEqual([2, expect.stringContaining('--resume')]);
  expect(stderr).toContain(why);
});

describe('--dry-run', () => {
  const dryRun = async (...words: string[]) => await webmacs('export', ...words, '--dry-run', '--json');

  test('of few rows is exact, of the file as it will be, and writes nothing', async () => {
    const before = readdirSync(folder.path, { recursive: true });
    const { code, stdout } = await dryRun(run.name, '-o', path('dry.csv.gz'));
    expect(readdirSync(folder.path, { recursive: true })).toEqual(before);
    await exportTo('dry.csv.gz');
    expect([code, JSON.parse(stdout)]).toEqual([
      0,
      expect.objectContaining({
        ...{ exact: true, would_write: 500, datapoints: 500, bytes: statSync(path('dry.csv.gz')).size },
        ...{ first: '2026-01-01T00:00:00.000000Z', last: '2026-01-01T00:08:19.000000Z' },
        columns: expect.arrayContaining(['timestamp', 'value']),
      }),
    ]);
  });

  test('of many is an estimate', async () => {
    const many = await anExperiment(site, { name: 'many' });
    await datapoints(site, 120_000, { event: event.publicId, experiment: many.publicId });
    await site.pool.query('analyze datapoints');
    const { stdout } = await dryRun('many', '-o', path('many.csv'));
    const { exact, would_write: rows, bytes } = JSON.parse(stdout);
    await webmacs('export', 'many', '-o', path('many.csv'));
    const { size } = statSync(path('many.csv'));
    expect([exact, Math.abs(rows - 120_000) < 12_000, Math.abs(bytes - size) < size / 10]).toEqual([false, true, true]);
  });

  test('says it in words, with times as they were read', async () => {
    const { stderr } = await webmacs('export', run.name, '-o', '-', '--from', '2026-01-01T00:08Z', '--dry-run');
    expect(stderr).toMatch(/^Would write to standard output: 20 rows from .*, 3 kB, in about .*\nColumns: timestamp, /);
  });

  test('refuses what the export would refuse', async () => {
    const codes = [dryRun(run.name, '-o', path('x.doc')), dryRun(run.name, '-o', path('no/x.csv')), dryRun('--all')];
    expect((await Promise.all(codes)).map(({ code }) => code)).toEqual([2, 3, 2]);
  });

  test('says that the file exists, which stops only the export', async () => {
    writeFileSync(path('there.csv'), 'mine');
    const { code, stderr } = await webmacs('export', run.name, '-o', path('there.csv'), '--dry-run');
    expect([code, stderr]).toEqual([0, expect.stringMatching(/there.csv: 500 rows.*\nColumns.*\nnote: .* --force/)]);
    expect(readFileSync(path('there.csv'), 'utf8')).toBe('mine');
  });

  test('creates no folder', async () => {
    expect((await dryRun(run.name, '-o', path('unmade/'))).code).toBe(0);
    expect(existsSync(path('unmade'))).toBe(false);
  });
});

test('--resume goes on after Ctrl-C', async () => {
  const big = await anExperiment(site, { name: 'big' });
  await datapoints(site, 200_000, { event: event.publicId, experiment: big.publicId });
  const words = ['experiments', 'export', 'big', '-o', path('big.csv'), '--resume'];
  const child = site.start(words, { env });
  const stderr = child.stderr ? text(child.stderr) : '';
  await until(() => existsSync(path('.big.csv.partial.json')), { everyMs: 2 });
  child.kill('SIGINT');
  const [code] = await once(child, 'close');
  expect([code, await stderr]).toEqual([
    130,
    expect.stringMatching(/rows are kept. Run the same command again to continue after them/),
  ]);

  const { stdout } = await site.run([...words, '--json'], { env });
  expect(JSON.parse(stdout)).toMatchObject({ rows: 200_000, resumed_rows: expect.any(Number) });
  expect((await verify('big.csv')).code).toBe(0);
  expect(readdirSync(folder.path).filter((name) => name.startsWith('.'))).toEqual([]);
});

test('a workbook does not change with events and experiments that are not in it', async () => {
  await exportTo('v1.xlsx');
  await site.run(['datapoints', 'export', '--to', '2026-01-01T00:01Z', '-o', path('all.xlsx')], { env });
  await anEvent(site, { name: 'Brand new' });
  await anExperiment(site, { name: 'Planned' });
  expect((await verify('v1.xlsx')).code).toBe(0);
  expect((await verify('all.xlsx')).code).toBe(0);
});

describe('a file is found', () => {
  test('after it was moved, and is equal', async () => {
    await exportTo('a.csv');
    renameSync(path('a.csv'), path('moved.csv'));
    const { code, stderr } = await verify('moved.csv');
    expect([code, stderr]).toEqual([0, expect.stringMatching(/equal to the database: 500 rows.* as exported on 20/)]);
  });

  test('with its times relative to now as they were, and its form', async () => {
    const options = ['--from', '2026-01-01T00:01Z', '--to', '-1m', '--event', event.name, '--time-format', 'server'];
    await exportTo('part.csv.zst', ...options);
    const { code, stdout } = await verify('part.csv.zst', '--json');
    expect([code, JSON.parse(stdout)]).toEqual([
      0,
      expect.objectContaining({ equal: true, rows: 440, rows_in_database: 440, as_exported: true }),
    ]);
  });

  test('without a record by the options of the export', async () => {
    await exportTo('alone.csv', '--from', '2026-01-01T00:08:00Z');
    const elsewhere = { env: { WEBMACS_DATA_DIR: path('elsewhere') } };
    const words = ['experiments', 'verify', path('alone.csv')];
    const unknown = await site.run(words, elsewhere);
    expect([unknown.code, unknown.stderr]).toEqual([2, expect.stringMatching(/no record .*\n.*Name the experiment/)]);
    expect((await site.run([...words, run.name, '--from', '2026-01-01T00:08:00Z'], elsewhere)).code).toBe(0);
    expect((await site.run([...words, run.name], elsewhere)).code).toBe(6);
  });

  test('but options without an experiment are refused, as is another database', async () => {
    await exportTo('b.csv');
    expect(await verify('b.csv', '--event', 'Flow')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--event needs the experiment'),
    });
    await using other = await aSite();
    expect(await other.run(['experiments', 'verify', path('b.csv')], { env })).toMatchObject({
      code: 4,
      stderr: expect.stringContaining('from another database'),
    });
  });
});

describe('a difference', () => {
  const original = async () => {
    await exportTo('d.csv');
    return readFileSync(path('d.csv'), 'utf8');
  };

  test('in the file is found by its path, with line and time', async () => {
    writeFileSync(path('d.csv'), (await original()).replace(',123,', ',999,'));
    const { code, stderr } = await verify('d.csv');
    expect([code, stderr]).toEqual([6, expect.stringMatching(/at line 249 \(2026-01-01T00:02:03\.0+\+00:00\)/)]);
    expect(stderr).toMatch(/500 rows in the file, 500 rows in the database.*\n.*The file has been changed/);
  });

  test.each([
    ['is cut', (all: string) => all.slice(0, all.indexOf('2026-01-01T00:05:00')), 300, 602],
    ['has more', (all: string) => `${all}more\n`, 501, 1002],
    ['has no end of its last line', (all: string) => all.trimEnd(), 500, 1001],
    ['is empty', () => '', 0, 1],
  ])('of a file that %s', async (_how, change, rows, line) => {
    writeFileSync(path('d.csv'), change(await original()));
    const { code, stdout } = await verify('d.csv', '--json');
    expect([code, JSON.parse(stdout)]).toEqual([
      6,
      expect.objectContaining({
        equal: false,
        rows,
        rows_in_database: 500,
        difference: expect.objectContaining({ line }),
      }),
    ]);
  });

  test('of NDJSON has its line and its time, too', async () => {
    await exportTo('d.ndjson');
    expect((await verify('d.ndjson')).code).toBe(0);
    writeFileSync(path('d.ndjson'), readFileSync(path('d.ndjson'), 'utf8').replace(':123,', ':999,'));
    const { code, stderr } = await verify('d.ndjson');
    expect([code, stderr]).toEqual([
      6,
      expect.stringMatching(/at line 124 \(2026-01-01T00:02:03\..*500 rows in the file/),
    ]);
  });

  test.each(['d.parquet', 'd.xlsx'])('of a binary file is the first byte: %s', async (name) => {
    await exportTo(name);
    expect((await verify(name)).code).toBe(0);
    const bytes = readFileSync(path(name));
    bytes[600] = (bytes[600] ?? 0) ^ 1;
    writeFileSync(path(name), bytes);
    const { code, stderr } = await verify(name);
    expect([code, stderr]).toEqual([6, expect.stringMatching(/at byte 600\. 500 rows in the database/)]);
  });

  test('in the database is named as such', async () => {
    await original();
    const changed = `update datapoints set value = value + $1 where timestamp = '2026-01-01 00:05:00+00'`;
    await site.pool.query(changed, [1]);
    const { code, stderr } = await verify('d.csv');
    await site.pool.query(changed, [-1]);
    expect([code, stderr]).toEqual([6, expect.stringMatching(/00:05:00.*\nThe file is as it was exported/)]);
  });

  test('of a damaged archive is a sentence', async () => {
    await exportTo('d.csv.gz');
    writeFileSync(path('d.csv.gz'), readFileSync(path('d.csv.gz')).subarray(0, 500));
    expect(await verify('d.csv.gz')).toMatchObject({ code: 2, stderr: expect.stringMatching(/corrupt, truncated/) });
  });
});

describe('a record', () => {
  const records = () => readdirSync(join(data, 'exports'));

  test('has no secret, and is only for its owner', async () => {
    await exportTo('r.csv');
    const [name = ''] = records();
    const file = join(data, 'exports', name);
    expect(readFileSync(file, 'utf8')).not.toMatch(/password|postgres(ql)?:\/\//);
    expect(statSync(file).mode & 0o077).toBe(0);
  });

  test('is not kept of what goes to standard output or nowhere', async () => {
    const before = records();
    await webmacs('export', run.name, '-o', '-');
    await webmacs('export', run.name, '-o', '/dev/null');
    expect(records()).toEqual(before);
  });

  test('that cannot be kept does not fail the export', async () => {
    const { code, stderr } = await site.run(['experiments', 'export', run.name, '-o', path('n.csv')], {
      env: { WEBMACS_DATA_DIR: path('n.csv/data') },
    });
    expect([code, stderr]).toEqual([0, expect.stringMatching(/✓ .*500 rows.*\n.*No record of it could be kept/)]);
  });
});
