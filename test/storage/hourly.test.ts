import { expect } from 'vitest';
import { comparedHours } from '../support/hours.ts';
import { anEvent, anExperiment, layout, type Site } from '../support/site.ts';
import { aSiteFor, testForm } from '../support/storage-forms.ts';

const AGREED = layout === 'own' ? '' : ' --server-agrees';
const HOURLY = `db storage timescale --hourly${AGREED}`;

interface Rig extends Site {
  event: { publicId: string; name: string };
  experiment: { publicId: string; name: string };
}

/**
 * A hypertable with a datapoint every seven minutes of two events, around the change of clocks in March 2026, some of an experiment,
 * and of values that are no numbers, both infinities, both zeros, and too large to be summed.
 */
async function aRig(): Promise<Rig> {
  const site = await aSiteFor('compressed');
  const event = await anEvent(site);
  const other = await anEvent(site);
  const experiment = await anExperiment(site);
  await site.pool.query(
    `insert into datapoints (public_id, value, timestamp, event_public_id, experiment_public_id)
     select gen_random_uuid()::text, case when event = $1 then 20 + round(sin(n / 100.0)::numeric, 3)::float8 when n % 2 = 0 then n % 5
              else (array['NaN', '-0', '0', 'Infinity', '-Infinity', '1e200', '-3']::float8[])[1 + n / 100 % 7] end,
            timestamptz '2026-03-25T10:20Z' + n * interval '7 minutes', event, case when n between 400 and 1100 then $3 end
       from generate_series(0, 1600) n, unnest(array[$1, $2]) event`,
    [event.publicId, other.publicId, experiment.publicId],
  );
  expect(await site.run(`db storage timescale --chunk 2d${AGREED}`)).toMatchObject({ code: 0 });
  return { ...site, event, experiment, [Symbol.asyncDispose]: () => site[Symbol.asyncDispose]() };
}

const RANGES = [
  '',
  '--from 2026-03-26T11:13Z --to 2026-03-31T01:00:00.5Z',
  '--from 2026-03-27T05:20Z --to 2026-03-27T05:40Z',
];

async function statsOf(site: Rig): Promise<Record<string, unknown>[][]> {
  const selections = [
    ...RANGES,
    `--experiment ${site.experiment.name}`,
    `--event ${site.event.name} --from 2026-03-28Z`,
  ];
  return await Promise.all(
    selections.map(async (selection) => {
      const { code, stdout, stderr } = await site.run(`datapoints stats --json ${selection}`.trim());
      expect([code, stderr]).toEqual([0, '']);
      return JSON.parse(stdout);
    }),
  );
}

/** Those that hours can be read for, and others. */
const BUCKETS = [
  '--every 1h --aggregate min,max,count',
  '--every 1h --aggregate count --wide --fill previous',
  '--every 1d --timezone Europe/Berlin --aggregate max,min',
  '--every 6h --timezone Europe/Berlin --aggregate min',
];
const OTHERS = [
  '--every 1h --timezone Asia/Kolkata --aggregate min',
  '--every 1h --aggregate mean,max',
  '--every 90m --aggregate max',
  '--every 15m --aggregate min',
];

async function exportsOf(site: Rig, forms: readonly string[]): Promise<string[]> {
  const files: string[] = [];
  for (const form of forms) {
    for (const range of [...RANGES, `--event ${site.event.name}`]) {
      const { code, stdout } = await site.run(`datapoints export ${form} ${range} -o -`.replace('  ', ' '));
      expect([form, code]).toEqual([form, 0]);
      files.push(`${form} ${range}\n${stdout}`);
    }
  }
  return files;
}

/** Changes what only the aggregate says, so that it shows what is read from it. */
async function poison({ pool }: Site): Promise<void> {
  await pool.query(`do $$ begin
    execute (select format('update %I.%I set count = count + 1000, low = low - 1000, high = high + 1000', materialization_hypertable_schema, materialization_hypertable_name)
               from timescaledb_information.continuous_aggregates where view_name = 'datapoints_hourly');
  end $$`);
}

testForm('compressed', 'figures and exported buckets are the same with figures of hours, which are read', async () => {
  await using site = await aRig();
  const before = [await statsOf(site), await exportsOf(site, BUCKETS), await exportsOf(site, OTHERS)] as const;
  expect(await site.run(HOURLY)).toMatchObject({ code: 0 });
  expect(await comparedHours(site.pool)).toEqual({ hours: 240, different: 0 });
  const [stats, buckets, others] = before;
  const close = (value: unknown) => (typeof value === 'number' ? expect.closeTo(value, 9) : value);
  expect(await statsOf(site)).toEqual(
    stats.map((rows) => rows.map(({ mean, stddev, ...row }) => ({ ...row, mean: close(mean), stddev: close(stddev) }))),
  );
  expect(await exportsOf(site, BUCKETS)).toEqual(buckets);
  expect(await exportsOf(site, OTHERS)).toEqual(others);

  await poison(site);
  const counts = (all: typeof stats) => all.map((rows) => rows.map(({ count }) => Number(count)));
  const [real, poisoned] = [counts(stats), counts(await statsOf(site))];
  // In a third of an hour, there is no whole one.
  expect(poisoned.map((figures, at) => (figures[0] ?? 0) > 2 * (real[at]?.[0] ?? 0))).toEqual([
    true,
    true,
    false,
    true,
    true,
  ]);
  const differ = (await exportsOf(site, BUCKETS)).map((file, at) => file !== buckets[at]);
  expect(differ).toEqual(BUCKETS.flatMap(() => [true, true, false, true]));
  expect(await exportsOf(site, OTHERS)).toEqual(others);
});
