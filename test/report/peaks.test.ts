import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { aRig } from '../export/rig.ts';
import { temporaryDirectory } from '../support/program.ts';
import { aSite } from '../support/site.ts';
import { readPage } from './a-page.ts';

const ROWS = 1_000_000;
/** One datapoint each, at no regular distance, of different values. */
const SPIKES = Array.from({ length: 80 }, (_, at) => Math.floor((at + 0.5) * (ROWS / 80) + 3000 * Math.sin(at)));

test('no spike of a single datapoint in a million is missing in the file', async () => {
  await using site = await aSite('own');
  using folder = temporaryDirectory();
  const file = join(folder.path, 'run.html');
  // Most of the time of an insert is theirs.
  const { rows } = await site.pool.query<{ sql: string }>(
    `select format('drop index %I', indexname) as sql from pg_indexes
      where tablename = 'datapoints' and indexdef not like '%UNIQUE%' and indexname <> 'ix_datapoints_event_ts'`,
  );
  await site.pool.query(rows.map(({ sql }) => sql).join('; '));
  const rig = await aRig(site.pool, {
    rows: ROWS,
    publicId: `'datapoint ' || to_char(i, 'FM0000000')`,
    eventNames: ['noise', 'more'],
    value: `case when i = any (array[${SPIKES.join(', ')}]) then 100 + i else sin(i) end::float8`,
  });
  const { code } = await site.run(['experiments', 'report', rig.experimentPublicId, '-o', file]);
  const html = readFileSync(file, 'utf8');
  const { data, curves } = readPage(html);
  expect([code, data.series.map(({ figures }) => figures.count)]).toEqual([0, [ROWS / 2, ROWS / 2]]);
  expect(html.length).toBeLessThan(1_500_000);
  const found = curves.flatMap(({ high }) => [...high.filter((value) => value > 2)]);
  expect(found.sort((a, b) => a - b)).toEqual(SPIKES.map((at) => Math.fround(100 + at)).sort((a, b) => a - b));
}, 180_000);
