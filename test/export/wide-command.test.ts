import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { temporaryDirectory } from '../support/program.ts';
import { anExperiment, aSite } from '../support/site.ts';
import { aRig } from './rig.ts';

const site = await aSite();
afterAll(() => site[Symbol.asyncDispose]());

const NAMES = [
  ...['plain', 'Temp, wall', 'Temp, "wall"', 'two\nlines', 'a=b', '=1+1', 'Bed (1)', 'Bed [2]', 'Bed', 'timestamp'],
  ...['time', 'Flow', 'flow', ' blank ', '温度', '#1', '#', 'rate, of change', 'unit', 'value'],
];

test.each(['°C', '', '-', 'l/min (at 20 °C, 1013 hPa)', '[2]', 'UTC', 'a "b", c'])(
  'an import reads what a wide export writes with the unit %j',
  async (unit) => {
    using folder = temporaryDirectory();
    const file = join(folder.path, 'wide.csv');
    const { experimentPublicId: experiment } = await aRig(site.pool, {
      rows: 400,
      eventNames: NAMES,
      unit,
      timestamp: `coalesce((array['infinity', '-infinity', '0044-03-15 12:00:00.5+00 BC', '12026-01-01 00:00:00.25+00'])[1 + i / 20]::timestamptz,
        '2026-01-01Z'::timestamptz + i * interval '0.7 s')`,
      value: `(array['NaN', 'Infinity', '-Infinity', '-0', '1e-5', '1e300', '0.30000000000000004'])[1 + i % 7]::float8`,
    });
    const before = await contents();
    expect(await site.run(['experiments', 'export', experiment, '--wide', '-o', file])).toMatchObject({ code: 0 });
    await site.pool.query('delete from datapoints');

    const imported = await site.run(['datapoints', 'import', file, '--experiment', experiment]);

    expect(imported).toMatchObject({ code: 0, stderr: expect.not.stringContaining('Units') });
    expect(await contents()).toEqual(before);
    await site.pool.query('delete from events');
  },
);

/** All datapoints but for their ids. */
async function contents(): Promise<unknown[]> {
  const { rows } = await site.pool.query(
    `select timestamp::text, event_public_id, experiment_public_id, value::text
       from datapoints order by timestamp, event_public_id`,
  );
  return rows;
}

test('refuses several datapoints of an event and time, and says what was left out or merged', async () => {
  using folder = temporaryDirectory();
  const file = join(folder.path, 'wide.csv');
  const { experimentPublicId: experiment } = await aRig(site.pool, {
    rows: 3,
    eventNames: ['Bed', 'Wall'],
    value: 'i',
    timestamp: `'2026-01-01Z'`,
  });
  const wide = async (...more: string[]) => await site.run(['experiments', 'export', experiment, '--wide', ...more]);
  const header = 'timestamp,Bed [°C],Wall [°C]';
  const time = '2026-01-01T00:00:00.000000+00:00';

  expect(await wide('-o', file)).toMatchObject({
    code: 4,
    stderr: expect.stringMatching(
      /"Bed" has several datapoints at 2026-01-01T00:00:00\+00:00.*\n.*--on-duplicate last, first or mean/,
    ),
  });
  const last = await wide('-o', '-', '--on-duplicate', 'last');
  expect(last.stdout).toBe(`${header}\n${time},2,1\n`);
  expect(last.stderr).toMatch(/^✓ 1 row of 3 datapoints, /);
  expect(last.stderr).toContain(
    'Left out by --on-duplicate last: 1 datapoint with the event and time of another one.\n',
  );
  const mean = await wide('-o', file, '--on-duplicate', 'mean', '--json');
  expect(JSON.parse(mean.stdout)).toMatchObject({ file, rows: 1, datapoints: 3, duplicates: 1 });
  expect((await wide('-o', '-', '--on-duplicate', 'mean')).stderr).toContain('Merged into means: 1 datapoint with');
  const one = await wide('-o', '-', '--event', 'Wall', '--event', 'Bed', '--from', '2027-01-01');
  expect(one.stdout).toBe('timestamp,Wall [°C],Bed [°C]\n');
  const unique = await wide('-o', file, '--event', 'Wall', '--force', '--json');
  expect(JSON.parse(unique.stdout)).not.toHaveProperty('duplicates');
});

test('--header-style chooses what names an event', async () => {
  const { experimentPublicId, eventPublicIds } = await aRig(site.pool, { rows: 1, eventNames: ['Flow, left'] });
  const header = async (style: string) =>
    (await site.run(`experiments export ${experimentPublicId} --wide --header-style ${style} -o -`)).stdout.split(
      '\n',
    )[0];
  expect(await Promise.all(['name', 'name-unit', 'id'].map(header))).toEqual([
    'timestamp,"Flow, left"',
    'timestamp,"Flow, left [°C]"',
    `timestamp,${eventPublicIds[0]}`,
  ]);
});

test.each(['--on-duplicate last', '--header-style id'])('%s without --wide is refused', async (option) => {
  const { publicId } = await anExperiment(site);
  expect(await site.run(`experiments export ${publicId} -o - ${option}`)).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(new RegExp(`${option} needs --wide.*\n.*Add --wide, or omit --`)),
  });
});
