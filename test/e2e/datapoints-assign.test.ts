import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { remakeDatapoints } from '../support/partitions.ts';
import { anEvent, anExperiment, aSite, datapoints } from '../support/site.ts';
import { onTerminal } from '../support/terminal.ts';

const site = await aSite();
afterAll(() => site[Symbol.asyncDispose]());
const { pool } = site;
const [bed, valve] = [await anEvent(site, { name: 'Bed' }), await anEvent(site, { name: 'Valve' })];
const [run7, run8] = [await anExperiment(site, { name: 'Run 7' }), await anExperiment(site, { name: 'Run 8' })];

const assign = async (...words: string[]) =>
  await site.run(['datapoints', 'assign', '--experiment', 'Run 7', '--timezone', 'UTC', ...words]);

/** How many datapoints belong to Run 7, to Run 8, and to none. */
async function counts(): Promise<number[]> {
  const { rows } = await pool.query(
    `select count(*) filter (where experiment_public_id = $1)::int as a,
            count(*) filter (where experiment_public_id = $2)::int as b,
            count(*) filter (where experiment_public_id is null)::int as c from datapoints`,
    [run7.publicId, run8.publicId],
  );
  return [rows[0].a, rows[0].b, rows[0].c];
}

async function tenOfEach(): Promise<void> {
  await datapoints(site, 10, { event: bed.publicId });
  await datapoints(site, 10, { event: valve.publicId });
  await datapoints(site, 10, { event: bed.publicId, experiment: run8.publicId });
}

describe.each([false, true])('with partitions: %s', (partitioned) => {
  beforeEach(async () => {
    await remakeDatapoints(pool, { partitioned });
    if (partitioned) {
      await pool.query(`create table early partition of datapoints for values from (minvalue) to ('2026-01-01T00:00:05Z');
        create table late partition of datapoints default`);
    }
    await tenOfEach();
  });

  test('assigns the datapoints of the time range without an experiment, and says how many others there are', async () => {
    const words = ['--from', '2026-01-01 00:00:02', '--to', '2026-01-01T00:00:06Z', '--json'];
    const counted = await assign(...words, '--dry-run');
    expect([JSON.parse(counted.stdout), await counts()]).toEqual([
      {
        would_assign: 8,
        other_experiments: 4,
        experiment_public_id: run7.publicId,
        from: '2026-01-01T00:00:02+00:00',
        to: '2026-01-01T00:00:06+00:00',
      },
      [0, 10, 20],
    ]);
    const { stdout } = await assign(...words, '--yes');
    expect([JSON.parse(stdout), await counts()]).toEqual([
      expect.objectContaining({ assigned: 8, other_experiments: 4 }),
      [8, 10, 12],
    ]);
  });

  test('assigns those of the given events only', async () => {
    const { code, stderr } = await assign('--event', 'Bed', '--yes');
    expect([code, stderr, await counts()]).toEqual([
      0,
      '✓ 10 datapoints assigned to experiment "Run 7". 10 datapoints belong to other experiments and stay there; --reassign moves them too.\n',
      [10, 10, 10],
    ]);
    await assign('--event', 'Bed', '--event', 'Valve', '--yes');
    expect(await counts()).toEqual([20, 10, 0]);
  });

  test('with --reassign takes them from other experiments too', async () => {
    const { stderr } = await assign('--event', 'Bed', '--reassign', '--yes');
    expect([stderr, await counts()]).toEqual(['✓ 20 datapoints assigned to experiment "Run 7".\n', [20, 0, 10]]);
  });
});

test('asks on a terminal, with the count and the range as it was read', async () => {
  const line = 'datapoints assign --event Bed --from 2026-01-01 --experiment';
  const before = await counts();
  const { code, output } = await onTerminal(`${line} ${run7.publicId}`, { DATABASE_URL: site.url, TZ: 'UTC' }, [
    ['(y/N)', '\r'],
  ]);
  expect([code, await counts()]).toEqual([0, before]);
  expect(output).toMatch(/This assigns \d+ datapoints? from 2026-01-01 00:00 \+00:00 to experiment "Run 7"\./);
});

test('needs a condition, an experiment, and a confirmation', async () => {
  expect((await assign('--yes')).stderr).toContain('Pass --event, --from or --to');
  const without = await site.run('datapoints assign --event Bed --yes');
  expect([without.code, without.stderr]).toEqual([2, expect.stringContaining('Missing: --experiment.')]);
  expect((await assign('--event', 'Bed')).stderr).toContain('Pass --yes');
  expect((await assign('--event', 'Nothing', '--yes')).code).toBe(3);
});

test('that matches nothing is a warning', async () => {
  const { code, stderr } = await assign('--from', '2027-01-01', '--yes');
  expect([code, stderr]).toEqual([0, expect.stringMatching(/^warning: Nothing was assigned from 2027-01-01 00:00/)]);
});
