import { afterAll, beforeAll, expect, test } from 'vitest';
import { NotFoundError } from '../../src/errors.ts';
import { type ExportRequest, exportExperiment } from '../../src/export/export-experiment.ts';
import { type FreshDatabase, freshDatabase } from '../support/database.ts';
import { anExperiment } from '../support/site.ts';
import { aRig, type Rig } from './rig.ts';
import { exported, Gate } from './sinks.ts';

let database: FreshDatabase;
let rig: Rig;
let others: string[];
beforeAll(async () => {
  database = await freshDatabase();
  const { pool } = database;
  rig = await aRig(pool, { rows: 6000, timestamp: `timestamptz '2026-01-01 00:00+00' + i / 2 * interval '1 s'` });
  others = [
    (await anExperiment({ pool }, { name: 'Run "8", wet' })).publicId,
    (await anExperiment({ pool }, { name: 'Run 9' })).publicId,
  ];
  // A third each belongs to another experiment and to none, and an infinite time to none.
  await pool.query('update datapoints set experiment_public_id = $1 where id % 3 = 0', [others[0]]);
  await pool.query('update datapoints set experiment_public_id = null where id % 3 = 1');
  await pool.query(
    `update datapoints set timestamp = 'infinity' where id = (select max(id) from datapoints where id % 3 = 1)`,
  );
  await pool.query('analyze datapoints');
});
afterAll(() => database[Symbol.asyncDispose]());

/** What the rows of an export are, by plain queries and loops. */
async function expected(condition: string, values: unknown[] = []): Promise<string[][]> {
  const names = new Map<string, string>();
  for (const { public_id, name } of (await database.pool.query('select public_id, name from experiments')).rows) {
    names.set(public_id, name);
  }
  const { rows } = await database.pool.query(
    `select public_id, experiment_public_id from datapoints where ${condition} order by timestamp, id`,
    values,
  );
  const quoted = (text: string) => (/[",]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  return rows.map(({ public_id, experiment_public_id: id }) => [
    public_id,
    id ? quoted(names.get(id) ?? '?') : '',
    id ?? '',
  ]);
}

async function rowsOf(request: ExportRequest): Promise<string[][]> {
  const lines = (await exported(database.pool, request, { jobs: 3, rowsPerSlice: 500 })).toString().split('\n');
  expect(lines.shift()).toBe(
    'timestamp,event_name,event_public_id,value,unit,datapoint_public_id,experiment_name,experiment_public_id',
  );
  expect(lines.pop()).toBe('');
  return lines.map((line) => {
    const [, , , , , id = '', ...experiment] = line.split(',');
    return [id, experiment.slice(0, -1).join(','), experiment.at(-1) ?? ''];
  });
}

test('all datapoints, with the experiment of each, or none', async () => {
  expect(await rowsOf({})).toEqual(await expected('true'));
});

test('those of several experiments', async () => {
  const experimentPublicId = [rig.experimentPublicId, ...others];
  expect(await rowsOf({ experimentPublicId })).toEqual(
    await expected('experiment_public_id = any ($1)', [experimentPublicId]),
  );
});

test('those of some events in a time range, of any experiment', async () => {
  const eventPublicIds = rig.eventPublicIds.slice(1);
  const range = { from: '2026-01-01T00:10:00Z', to: '2026-01-01T00:30:00Z' };
  expect(await rowsOf({ eventPublicIds, ...range })).toEqual(
    await expected('event_public_id = any ($1) and timestamp >= $2 and timestamp < $3', [
      eventPublicIds,
      range.from,
      range.to,
    ]),
  );
});

test('those of no experiment have the columns of one', async () => {
  const lines = (await exported(database.pool, { experimentPublicId: null }, { rowsPerSlice: 500 }))
    .toString()
    .split('\n');
  expect(lines[0]).toBe('timestamp,event_name,event_public_id,value,unit,datapoint_public_id');
  const ids = (await expected('experiment_public_id is null')).map(([id]) => id);
  expect(lines.slice(1, -1).map((line) => line.split(',')[5])).toEqual(ids);
});

test('an empty range says when there is data', async () => {
  const requests: ExportRequest[] = [
    {},
    { eventPublicIds: rig.eventPublicIds.slice(0, 1) },
    { experimentPublicId: null },
    { experimentPublicId: [rig.experimentPublicId, ...others] },
  ];
  for (const request of requests) {
    const gate = new Gate();
    gate.open();
    const { available } = await exportExperiment(
      database.pool,
      { ...request, from: '2030-01-01', to: '2030-01-02' },
      gate,
    );
    expect([available?.first.slice(0, 16), available?.last.slice(0, 16)]).toEqual([
      '2026-01-01T00:00',
      '2026-01-01T00:49',
    ]);
  }
});

test('one unknown experiment of several is refused', async () => {
  const experimentPublicId = [rig.experimentPublicId, 'none'];
  await expect(exported(database.pool, { experimentPublicId })).rejects.toThrow(NotFoundError);
});
