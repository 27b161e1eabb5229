import { parse } from 'csv-parse/sync';
import { afterAll, describe, expect, test } from 'vitest';
import { anEvent, anExperiment, aSite, aUser, datapoints } from '../support/site.ts';
import { onTerminal } from '../support/terminal.ts';

const site = await aSite();
afterAll(() => site[Symbol.asyncDispose]());
const owner = (await aUser(site, { username: 'root', admin: true })).publicId;
const event = await anEvent(site, { name: 'Flow', owner, publicId: '11111111-0000-4000-8000-000000000000' });
const experiment = await anExperiment(site, { name: 'Run', owner });
await datapoints(site, 25, { event: event.publicId, experiment: experiment.publicId });

describe('a list', () => {
  test('in a pipe is tab-separated, without header and whole', async () => {
    const { stdout, stderr } = await site.run('events list');
    expect(stdout).toBe(`Flow\t°C\t0\t100\tsensor\t\t${event.publicId}\n`);
    expect(stderr).toBe('');
  });

  test('as JSON is one array, as NDJSON one object a line', async () => {
    const json = await site.run('events list --json');
    const ndjson = await site.run('events list --format ndjson');
    expect(JSON.parse(json.stdout)).toEqual([JSON.parse(ndjson.stdout)]);
    expect(ndjson.stdout).toMatch(/^\{.*\}\n$/);
  });

  test('as CSV has all columns, and the same ones when it is empty', async () => {
    const full = await site.run('events list --format csv');
    const none = await site.run('events list --type range --format csv');
    expect(none.stdout).toBe(full.stdout.slice(0, full.stdout.indexOf('\n') + 1));
    expect(parse(full.stdout, { columns: true })).toMatchObject([{ name: 'Flow', public_id: event.publicId }]);
  });

  test.each([
    ['json', '[]\n'],
    ['ndjson', ''],
    ['table', ''],
  ])('that is empty is, as %s, %j and exits 0', async (format, expected) => {
    const { code, stdout, stderr } = await site.run(['events', 'list', '--type', 'range', '--format', format]);
    expect([code, stdout, stderr]).toEqual([0, expected, '']);
  });

  test('of datapoints has the names of event and experiment beside their public ids', async () => {
    const { stdout } = await site.run('datapoints list --limit 1 --json');
    expect(JSON.parse(stdout)).toEqual([
      expect.objectContaining({
        timestamp: '2026-01-01T00:00:24+00:00',
        value: 24,
        event: 'Flow',
        event_public_id: event.publicId,
        experiment: 'Run',
        unit: '°C',
      }),
    ]);
  });

  test('of datapoints can be narrowed by event, experiment and time', async () => {
    const line = 'datapoints list --event Flow --experiment Run --from 2026-01-01T00:00:05Z --to 2026-01-01T00:00:07Z';
    const { stdout } = await site.run(`${line} --json`);
    expect(JSON.parse(stdout).map(({ value }: { value: number }) => value)).toEqual([6, 5]);
  });
});

test('a list can have only some columns and rows, in another order, whatever its columns are called in the database', async () => {
  await aUser(site, { username: 'rooted' });
  const { stdout } = await site.run('users list --search ROOT --sort -created_on --columns username,admin --json');
  expect(JSON.parse(stdout)).toEqual([
    { username: 'rooted', admin: false },
    { username: 'root', admin: true },
  ]);
});

describe('pages', () => {
  const items = (stdout: string) => JSON.parse(stdout).items;
  const values = (stdout: string): number[] => items(stdout).map(({ value }: { value: number }) => value);
  const expected = Array.from({ length: 25 }, (_, at) => 24 - at);

  test('by number cover every row once', async () => {
    const runs = await Promise.all(
      [1, 2, 3, 4].map((n) => site.run(`datapoints list --page-size 10 --page ${n} --json`)),
    );
    expect(runs.flatMap(({ stdout }) => values(stdout))).toEqual(expected);
  });

  test('by --after cover every row once', async () => {
    const seen: number[] = [];
    for (let after = ''; ; ) {
      const { stdout } = await site.run(`datapoints list --page-size 10 --json${after}`);
      const rows = items(stdout);
      if (rows.length === 0) {
        break;
      }
      seen.push(...values(stdout));
      after = ` --after ${rows.at(-1).public_id}`;
    }
    expect(seen).toEqual(expected);
  });

  test('by --after neither repeat nor skip one of several rows with the same timestamp', async () => {
    const tied = await anEvent(site, { owner });
    await datapoints(site, 3, { event: tied.publicId });
    await datapoints(site, 3, { event: tied.publicId });
    const ids: string[] = [];
    for (let after: string[] = []; ids.length < 6; after = ['--after', ids.at(-1) ?? '']) {
      const { stdout } = await site.run([
        'datapoints',
        'list',
        '--event',
        tied.name,
        '--page-size',
        '1',
        '--json',
        ...after,
      ]);
      ids.push(items(stdout)[0].public_id);
    }
    expect(new Set(ids).size).toBe(6);
  });

  test('by --after take a name or the beginning of a public id', async () => {
    await anEvent(site, { name: 'zzz', owner });
    for (const after of ['Flow', '11111111']) {
      const { stdout } = await site.run(['events', 'list', '--json', '--after', after]);
      expect(JSON.parse(stdout).at(-1).name).toBe('zzz');
      expect(stdout).not.toContain('"Flow"');
    }
  });

  test('count from the end under a negative number', async () => {
    await anEvent(site, { name: 'zzz-last', owner });
    const [all = '', last = ''] = await Promise.all(
      ['--limit 1000', '--page -1 --page-size 2'].map(
        async (options) => (await site.run(`events list --json ${options}`)).stdout,
      ),
    );
    expect(items(last)).toEqual(JSON.parse(all).slice(-2));
  });

  test.each([
    ['--page-size 1001', '1 to 1000'],
    ['--page-size 0', '1 to 1000'],
    ['--page 0', '1, 2, … from the start'],
    ['--page -0', 'from the end'],
    ['--page -1.5', 'from the end'],
    ['--page-size ten', 'whole number'],
    ['--page 2 --after Flow', '--page'],
  ])('with %s are refused', async (options, complaint) => {
    const { code, stdout, stderr } = await site.run(`events list ${options}`);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(complaint);
  });

  test('after a row that is not there are refused with 3', async () => {
    expect((await site.run('events list --after nothing')).code).toBe(3);
  });

  test('of more than a million rows show an estimated total, unless --exact-total is given', async () => {
    const env = { DATABASE_URL: site.url };
    const line = 'datapoints list --event Flow --page-size 10';
    await site.pool.query('analyze datapoints');
    await site.pool.query(`update pg_class set reltuples = 1e8 where oid = 'datapoints'::regclass`);
    const { output } = await onTerminal(line, env);
    const exact = await onTerminal(`${line} --exact-total`, env);
    await site.pool.query('analyze datapoints');
    expect(output).toMatch(/Page 1 of about [\d,]+, about [\d,]+ total\. Next: --page 2/);
    expect(exact.output).toContain('Page 1 of 3, 25 total. Next: --page 2');
  });

  test('in JSON have the total and the number of pages', async () => {
    const { stdout } = await site.run('datapoints list --event Flow --page 3 --page-size 10 --json');
    const { items: rows, ...facts } = JSON.parse(stdout);
    expect(facts).toEqual({ total: 25, page: 3, page_size: 10, pages: 3 });
    expect(rows.length).toBe(5);
  });

  test.each([
    ['4', 'Page 4 is past the end: 3 pages, 25 total.'],
    ['-4', 'Page -4 is before the start: 3 pages, 25 total.'],
  ])('past the last one are empty and say so: %s', async (page, expected) => {
    const line = `datapoints list --event Flow --page-size 10 --page ${page}`;
    const json = await site.run(`${line} --json`);
    const text = await site.run(line);
    expect([json.code, items(json.stdout), text.code, text.stdout]).toEqual([0, [], 0, '']);
    expect([json.stderr, text.stderr]).toEqual([`warning: ${expected}\n`, `warning: ${expected}\n`]);
  });
});
