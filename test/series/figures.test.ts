import { expect, test } from 'vitest';
import { figuresOf, statisticsOf } from '../../src/series/figures.ts';
import { freshDatabase } from '../support/database.ts';
import { anEvent, anExperiment } from '../support/site.ts';
import { insertReadings } from './reference.ts';

const VALUES = [
  [1, 2, 4],
  [Number.NaN, 7],
  [Number.NaN],
  [Number.POSITIVE_INFINITY],
  [Number.NEGATIVE_INFINITY, Number.NaN],
  [1, Number.POSITIVE_INFINITY],
  [Number.NEGATIVE_INFINITY, 1, 2],
  [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY, 3],
  [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY],
];

test('statistics have the infinities among the values, as PostgreSQL does, and nothing of NaN', async () => {
  await using database = await freshDatabase();
  const { publicId: experimentPublicId } = await anExperiment(database);
  for (const [at, values] of VALUES.entries()) {
    const { publicId: event } = await anEvent(database, { name: `Event ${at}` });
    const readings = values.map((value, second) => ({ event, time: second * 1e6, value }));
    await insertReadings(database.pool, readings, experimentPublicId);
  }
  const { rows } = await database.pool.query(
    `select e.name as event, count(*)::float8 as count, min(value) filter (where value <> 'NaN') as min,
            max(value) filter (where value <> 'NaN') as max, avg(value) filter (where value <> 'NaN') as mean,
            stddev_samp(value) filter (where value <> 'NaN') as stddev
       from datapoints d join events e on e.public_id = d.event_public_id group by e.name order by e.name`,
  );
  const statistics = (await figuresOf(database.pool, { experimentPublicId })).map(statisticsOf);
  const rounded = <R extends { stddev: number | null }>(row: R) => ({ ...row, stddev: row.stddev?.toPrecision(12) });
  expect(statistics.map(rounded)).toEqual(rows.map((row) => expect.objectContaining(rounded(row))));
});

test('values that are too large to be summed have extremes, but no mean', async () => {
  await using database = await freshDatabase();
  const { publicId: event } = await anEvent(database);
  const { publicId: experimentPublicId } = await anExperiment(database);
  const readings = [1e308, 1e308, 5].map((value, second) => ({ event, time: second * 1e6, value }));
  await insertReadings(database.pool, readings, experimentPublicId);
  expect(await figuresOf(database.pool, { experimentPublicId })).toMatchObject([
    { count: 3, min: 5, max: 1e308, mean: null, stddev: null },
  ]);
});
