import { PassThrough } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { exportFiles } from '../../src/export/export-files.ts';
import { exportFileNames } from '../../src/export/file-name.ts';
import { freshDatabase } from '../support/database.ts';
import { aRig, referenceCsv } from './rig.ts';

test('several files are of one moment, and the progress counts over all of them', async () => {
  await using database = await freshDatabase();
  const { pool } = database;
  const [one, two] = [
    await aRig(pool, { rows: 5000, eventNames: ['a', 'b'] }),
    await aRig(pool, { rows: 3000, eventNames: ['c', 'd'] }),
  ];
  const files = [one, two].map(({ experimentPublicId }) => ({ request: { experimentPublicId } }));
  const expected = [await referenceCsv(pool, one.experimentPublicId), await referenceCsv(pool, two.experimentPublicId)];

  const seen: { datapoints: number; totalDatapoints: number }[] = [];
  const written: Buffer[] = [];
  await exportFiles(
    pool,
    async () => files,
    {
      jobs: 3,
      rowsPerSlice: 500,
      signal: new AbortController().signal,
      onProgress: (progress) => seen.push(progress),
    },
    async (_file, content) => {
      const stream = new PassThrough();
      const bytes = buffer(stream);
      await content(stream, {});
      stream.end();
      written.push(await bytes);
      await pool.query('delete from datapoints where id % 2 = 0');
    },
  );

  expect(written.map((bytes, at) => bytes.equals(expected[at] ?? bytes.subarray(1)))).toEqual([true, true]);
  expect(seen.at(-1)).toMatchObject({ datapoints: 8000, totalDatapoints: 8000 });
  expect(seen.every(({ datapoints, totalDatapoints }) => datapoints <= totalDatapoints)).toBe(true);
});

test('names that would be one file have the whole ids', () => {
  const id = (end: string) => `01a20a65-52cb-7815-8000-00000000000${end}`;
  const experiment = { name: 'Run', publicId: id('0') };
  expect(
    exportFileNames(
      [
        { experiment, event: { name: 'Zone 1/2', publicId: id('1') } },
        { experiment, event: { name: 'zone_1-2', publicId: id('2') } },
        { experiment, event: { name: 'Zone 3', publicId: id('3') } },
        { experiment: { name: 'A', publicId: id('4') } },
        { experiment: { name: 'a', publicId: id('5') } },
        { event: { name: 'Zone 3', publicId: id('3') } },
        {},
      ],
      '.csv',
    ),
  ).toEqual([
    `experiment_Run_${id('0')}_Zone_1-2_${id('1')}.csv`,
    `experiment_Run_${id('0')}_zone_1-2_${id('2')}.csv`,
    'experiment_Run_01a20a65_Zone_3.csv',
    `experiment_A_${id('4')}.csv`,
    `experiment_a_${id('5')}.csv`,
    'event_Zone_3_01a20a65.csv',
    'datapoints.csv',
  ]);
});

test('names of any length and with any ids stay apart, within the limit of file systems', () => {
  const subjects = ['x/y', 'x-y', 'x y'].map((end) => ({
    experiment: { name: '🌡'.repeat(255), publicId: 'e'.repeat(100) },
    event: { name: '温'.repeat(255), publicId: `${'i'.repeat(90)}${end}` },
  }));
  const names = exportFileNames(subjects, '.csv');
  expect(new Set(names).size).toBe(3);
  expect(Math.max(...names.map((name) => Buffer.byteLength(name)))).toBeLessThanOrEqual(251);
});
