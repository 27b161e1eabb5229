import { afterAll, beforeAll, expect, test } from 'vitest';
import { withSession } from '../../src/database/session.ts';
import { bucketsFor, drawChart } from '../../src/plot/braille.ts';
import { chartOf } from '../../src/plot/panels.ts';
import { readCurves } from '../../src/series/buckets.ts';
import { timeZone } from '../../src/text/time-zone.ts';
import { aRig } from '../export/rig.ts';
import { type FreshDatabase, freshDatabase } from '../support/database.ts';

const ROWS = 1_000_000;
/** One datapoint each, at no regular distance. */
const SPIKES = Array.from({ length: 80 }, (_, at) => Math.floor((at + 0.5) * (ROWS / 80) + 3000 * Math.sin(at)));
const COLUMNS = 208;

let database: FreshDatabase;
beforeAll(async () => {
  database = await freshDatabase('own');
});
afterAll(() => database[Symbol.asyncDispose]());

/** Most of the time of an insert is theirs, and all datapoints are read. */
async function withoutIndexes(): Promise<void> {
  const { rows } = await database.pool.query<{ sql: string }>(
    `select format('drop index %I', indexname) as sql from pg_indexes where tablename = 'datapoints' and indexdef not like '%UNIQUE%'`,
  );
  await database.pool.query(rows.map(({ sql }) => sql).join('; '));
}

test('no spike of a single datapoint in a million is lost, neither in the buckets nor in the drawing', async () => {
  await withoutIndexes();
  const rig = await aRig(database.pool, {
    rows: ROWS,
    publicId: `'datapoint ' || to_char(i, 'FM0000000')`,
    eventNames: ['noise'],
    value: `case when i = any (array[${SPIKES.join(', ')}]) then 100 else sin(i) end::float8`,
  });
  const event = { publicId: rig.eventPublicIds[0] ?? '', name: 'noise', unit: '', minValue: 0, maxValue: 1 };
  const from = Date.parse('2026-01-01T00:00:00.250Z') / 1000;
  const range = { from, to: from + ROWS, columns: bucketsFor(COLUMNS) };
  const selection = { experimentPublicId: rig.experimentPublicId };
  const curves = await withSession(database.pool, {}, async (session) =>
    session.transaction((client) => readCurves(client, { events: [event], selection, ...range })),
  );

  const buckets = curves.curves[0]?.buckets ?? [];
  expect(buckets.reduce((sum, { count }) => sum + count, 0)).toBe(ROWS);
  const bucketOf = (second: number) => Math.floor(second / curves.width);
  const high = buckets.flatMap(({ max }, at) => (max === 100 ? [at] : []));
  expect(high).toEqual([...new Set(SPIKES.map(bucketOf))]);

  const plain = {
    series: String,
    threshold: String,
    axis: String,
    measure: (text: string) => text.length,
    cut: String,
  };
  const zone = timeZone('UTC', 'The test');
  const drawing = drawChart(chartOf(curves), { columns: COLUMNS, rows: 24, ascii: false, zone, ...plain });
  const top = [...(drawing.find((line) => /[⠁-⣿]/.test(line)) ?? '')].slice(8);
  const isHigh = (dot: number) =>
    ((top[Math.floor(dot / 2)]?.codePointAt(0) ?? 0x2800) & (dot % 2 === 0 ? 0x01 : 0x08)) !== 0;
  expect(range.columns).toBe(400);
  expect(Array.from({ length: 400 }, (_, dot) => dot).filter(isHigh)).toEqual(high);
}, 180_000);
