import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parquetMetadata } from 'hyparquet';
import { afterAll, expect, test } from 'vitest';
import { aRig } from '../export/rig.ts';
import { temporaryDirectory } from '../support/program.ts';
import { aSite } from '../support/site.ts';

const site = await aSite();
afterAll(() => site[Symbol.asyncDispose]());

const HOSTILE = ['two\nlines # and more', '#first', '# webmacs,"x"', 'line\u2028separator', 'plain'];

async function preambleAfter(name: string, ...options: string[]) {
  // An import takes a line end before the time for that of the row.
  const names = options.includes('--columns') ? HOSTILE.filter((text) => !text.includes('\n')) : HOSTILE;
  const eventNames = names.map((text) => `${text} ${randomUUID()}`);
  const rig = await aRig(site.pool, { rows: 20, eventNames });
  await site.pool.query('update experiments set name = $1 where public_id = $2', [name, rig.experimentPublicId]);
  const exported = async () =>
    await site.run(['experiments', 'export', rig.experimentPublicId, '-o', '-', '--preamble', ...options]);
  return { rig, eventNames, exported };
}

test('says what the file is, each on a line, whatever the names are', async () => {
  const { rig, eventNames, exported } = await preambleAfter('Run\n7,"#"');
  const { stdout } = await exported();
  const comments = stdout.split('\n').filter((line) => line.startsWith('#'));
  const values = new Map(
    comments.map((line) => [line.slice(2, line.indexOf(': ')), line.slice(line.indexOf(': ') + 2)]),
  );
  expect(JSON.parse(values.get('experiment') ?? '')).toMatchObject({
    ...{ name: 'Run\n7,"#"', public_id: rig.experimentPublicId },
    ...{ owner: expect.stringMatching(/^user-/), started_on: '2026-01-01T00:00:00+00:00' },
  });
  expect([values.get('program'), values.get('rows'), values.get('times')]).toEqual([
    expect.stringMatching(/^webmacs \d/),
    expect.stringContaining('"kind":"long"'),
    'fixed, UTC',
  ]);
  const events = comments.filter((line) => line.startsWith('# event: ')).map((line) => JSON.parse(line.slice(9)));
  expect(events.map(({ name }) => name).sort()).toEqual(eventNames.sort());
  expect(events[0]).toMatchObject({ unit: '°C', min_value: 0, max_value: 100 });
  expect(comments).toHaveLength(6 + HOSTILE.length);
});

test.each([
  [[]],
  [['--format', 'tsv']],
  [['--delimiter', ';']],
  [['--columns', 'event_name,timestamp,value,datapoint_public_id']],
  [['--wide']],
])('is skipped by an import of what %j writes', async (options) => {
  const { rig, exported } = await preambleAfter(`Run ${randomUUID()}`, ...options);
  const { stdout: before } = await exported();
  await site.pool.query('delete from datapoints where experiment_public_id = $1', [rig.experimentPublicId]);
  const words = ['datapoints', 'import', '-', '--experiment', rig.experimentPublicId];
  const { code, stderr } = await site.run(words, { input: before });
  expect([code, stderr]).toEqual([0, expect.stringContaining('20 datapoints imported')]);
  expect((await exported()).stdout).toBe(before);
});

test('is skipped even if its events do not fit into what an import looks at first', async () => {
  const eventNames = Array.from({ length: 700 }, (_, at) => `event ${at} ${'n'.repeat(100)} ${randomUUID()}`);
  const rig = await aRig(site.pool, { rows: 700, eventNames });
  using folder = temporaryDirectory();
  const file = join(folder.path, 'many.csv');
  await site.run(['experiments', 'export', rig.experimentPublicId, '-o', file, '--preamble']);
  await site.pool.query('delete from datapoints where experiment_public_id = $1', [rig.experimentPublicId]);
  const { code, stderr } = await site.run(['datapoints', 'import', file]);
  expect([code, stderr]).toEqual([0, expect.stringContaining('700 datapoints imported')]);
});

test('is in Parquet as key-value pairs', async () => {
  using folder = temporaryDirectory();
  const file = join(folder.path, 'run.parquet');
  const { rig } = await preambleAfter('parquet');
  await site.run(['experiments', 'export', rig.experimentPublicId, '-o', file, '--preamble']);
  const { key_value_metadata: pairs = [] } = parquetMetadata(new Uint8Array(readFileSync(file)).buffer);
  const facts = new Map(pairs.map(({ key, value }) => [key, value]));
  expect(JSON.parse(facts.get('experiments') ?? '')).toMatchObject([{ name: 'parquet' }]);
  expect(JSON.parse(facts.get('events') ?? '')).toHaveLength(HOSTILE.length);
  expect(facts.has('times'), 'which have a type').toBe(false);
});

test.each(['ndjson', 'xlsx'])('is refused for %s', async (format) => {
  const { exported } = await preambleAfter(`no ${format}`, '--format', format);
  expect(await exported()).toMatchObject({
    code: 2,
    stderr: expect.stringContaining(`--preamble does not apply to --format ${format}`),
  });
});
