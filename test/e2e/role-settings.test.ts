import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { temporaryDirectory } from '../support/program.ts';
import { anEvent, anExperiment, aSite, datapoints, insertRow } from '../support/site.ts';

const site = await aSite();
const folder = temporaryDirectory();
afterAll(async () => {
  await site[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

/** Settings of every session from now on that does not set them itself. */
async function settings(values: Record<string, string>): Promise<void> {
  for (const [name, value] of Object.entries(values)) {
    const { rows } = await site.pool.query(
      `select format('alter database %I set %I = %L', current_database(), $1::text, $2::text) as sql`,
      [name, value],
    );
    await site.pool.query(rows[0].sql);
  }
}

const VALUE = 0.1234567890123456;

test('no setting of a role or database changes what is read, exported or pruned', async () => {
  const { publicId: event } = await anEvent(site);
  const experiment = await anExperiment(site);
  await datapoints(site, 5, { event, experiment: experiment.publicId });
  await insertRow(site, 'datapoints', {
    public_id: 'exact',
    value: VALUE,
    timestamp: '2026-01-02T00:00:00Z',
    event_public_id: event,
    experiment_public_id: experiment.publicId,
  });
  const outputs = async (name: string) => {
    const file = join(folder.path, name);
    const exported = await site.run(['experiments', 'export', experiment.name, '-o', file]);
    const lists = [
      'datapoints list --json',
      'datapoints show exact --json',
      'events list --json',
      'db status',
      'db check',
    ];
    const runs = [exported];
    for (const line of lists) {
      runs.push(await site.run(line));
    }
    expect(runs.map(({ code, stderr }) => [code, code === 0 ? '' : stderr])).toEqual(runs.map(() => [0, '']));
    return [readFileSync(file, 'utf8'), ...runs.slice(1).map(({ stdout }) => stdout)];
  };
  const before = await outputs('before.csv');
  expect(before[1]).toContain(`${VALUE}`);
  await settings({
    extra_float_digits: '-5',
    datestyle: 'SQL, DMY',
    intervalstyle: 'sql_standard',
    search_path: 'pg_catalog',
    idle_session_timeout: '100',
    idle_in_transaction_session_timeout: '100',
    bytea_output: 'escape',
    client_encoding: 'LATIN1',
  });
  expect(await outputs('after.csv')).toEqual(before);
  const pruned = await site.run('datapoints prune --older-than 1d --yes --json');
  expect([pruned.code, JSON.parse(pruned.stdout)]).toEqual([0, expect.objectContaining({ deleted: 6 })]);
});
