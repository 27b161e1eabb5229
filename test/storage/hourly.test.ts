import { expect, test } from 'vitest';
import { makeHourly } from '../../src/storage/hourly.ts';
import { comparedHours } from '../support/hours.ts';
import { AGREED, anEvent, anExperiment, layout, type Site } from '../support/site.ts';
import { aSiteFor, canPrepare, hasForm, testForm } from '../support/storage-forms.ts';
import { until } from '../support/until.ts';

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

async function statusOf(site: Site): Promise<Record<string, unknown>> {
  return JSON.parse((await site.run('db storage status --json')).stdout);
}

const ALL = { hours: 240, different: 0 };
const NONE = { hours: 0, different: 0 };

testForm(
  'compressed',
  'a start that is killed is not used, status says what finishes it, and a rerun does',
  async () => {
    await using site = await aRig();
    const other = await site.pool.connect();
    await other.query('begin isolation level repeatable read; select count(*) from events');
    const killed = site.start(HOURLY);
    await until(async () => (await statusOf(site)).hourly_until === null);
    killed.kill('SIGKILL');
    await other.query('rollback');
    other.release();
    expect(await comparedHours(site.pool)).toEqual(NONE);
    const { code, stderr } = await site.run('db storage status --exit-code');
    expect([code, stderr]).toEqual([6, expect.stringContaining('webmacs db storage timescale --hourly')]);
    expect(await site.run(HOURLY)).toMatchObject({ code: 0 });
    expect(await comparedHours(site.pool)).toEqual(ALL);
    expect((await site.run('db storage status --exit-code')).code).toBe(0);
  },
);

testForm('compressed', 'each step that fails leaves nothing that is used, and a rerun does all', async () => {
  await using site = await aRig();
  for (let failing = 0; ; failing++) {
    let step = 0;
    const making = makeHourly(site.pool, {
      lockTimeoutSeconds: 60,
      signal: new AbortController().signal,
      async onStep() {
        if (step++ === failing) {
          throw new Error('stopped here');
        }
      },
    });
    const failed = await making.catch(({ message }: Error) => message);
    expect(await comparedHours(site.pool)).toEqual(failed === undefined ? ALL : NONE);
    if (failed === undefined) {
      expect(failing).toBe(2);
      break;
    }
    expect(failed).toBe('stopped here');
  }
});

testForm(
  'compressed',
  'hours are known only when no transaction is left that may have changed them before',
  async () => {
    await using site = await aRig();
    const other = await site.pool.connect();
    await other.query(`begin; update datapoints set value = 7 where timestamp < '2026-03-26Z'`);
    expect(await site.run(`${HOURLY} --lock-timeout 1s`)).toMatchObject({
      code: 7,
      stderr: expect.stringContaining('Run it again'),
    });
    expect(await comparedHours(site.pool)).toEqual(NONE);
    await other.query('commit');
    other.release();
    expect(await site.run(HOURLY)).toMatchObject({ code: 0 });
    expect(await comparedHours(site.pool)).toEqual(ALL);
  },
);

testForm('compressed', 'maintain calculates what has ended and changed, and is not stopped by who writes', async () => {
  await using site = await aRig();
  const maintain = async (more = '') => (await site.run(`db maintain --table datapoints${more}`)).stderr;
  expect(await maintain()).not.toContain('hours');
  await site.run(HOURLY);
  expect(await statusOf(site)).toMatchObject({ hourly_until: expect.any(String), hourly_changed: '0 h' });
  await site.pool.query(`delete from datapoints where timestamp >= '2026-03-26Z' and timestamp < '2026-03-26T05:00Z'`);
  const advised = (text: string) => ({ due: false, text: expect.stringContaining(text) });
  const always = layout === 'own' ? [] : [advised('The ids end after 2,147,483,647')];
  const advice = [advised('5 hours have changed'), ...always];
  expect(await statusOf(site)).toMatchObject({ hourly_changed: '5 h', advice });
  expect(await maintain(' --dry-run')).toContain('Would calculate the figures of hours');
  expect(await maintain()).toContain('Calculated the figures of hours');
  expect(await statusOf(site)).toMatchObject({ hourly_changed: '0 h', advice: always });
  for (const dry of ['', ' --dry-run']) {
    expect(await maintain(dry)).not.toContain('hours');
  }
  const other = await site.pool.connect();
  await other.query(`insert into datapoints (public_id, value, timestamp, event_public_id)
                     select 'late', 1, '2026-02-01Z', min(public_id) from events`);
  await other.query(`begin; update datapoints set value = 2 where public_id = 'late'`);
  expect(await maintain(' --lock-timeout 1s')).toContain(
    'Skipped the figures of hours: A transaction of another session',
  );
  await other.query('commit');
  other.release();
  expect(await comparedHours(site.pool)).toEqual(ALL);
  await maintain();
  expect(await comparedHours(site.pool)).toEqual({ hours: 288, different: 0 });
  await site.pool.query('alter table datapoints set (timescaledb.compress = false)');
  expect(await maintain(' --dry-run')).toContain('Would skip the figures of hours: Compression was turned off');
  expect(await maintain()).toContain('Skipped the figures of hours: Compression was turned off');
});

test.skipIf(!hasForm('compressed') || !canPrepare)(
  'a transaction that was prepared before hours were first calculated is waited for (needs max_prepared_transactions)',
  async () => {
    await using site = await aRig();
    await site.run(HOURLY);
    await site.run(`db storage timescale --no-hourly${AGREED}`);
    // It has recorded nothing, and will not.
    await site.pool.query(
      `begin; delete from datapoints where timestamp < '2026-03-26Z'; prepare transaction 'hourly_${layout}'`,
    );
    const { code } = await site.run(`${HOURLY} --lock-timeout 1s`);
    expect([code, await comparedHours(site.pool)]).toEqual([7, NONE]);
    await site.pool.query(`commit prepared 'hourly_${layout}'`);
    expect(await site.run(HOURLY)).toMatchObject({ code: 0 });
    expect(await comparedHours(site.pool)).toEqual(ALL);
  },
);

testForm('compressed', 'changes of a session that records none are found when all is calculated anew', async () => {
  await using site = await aRig();
  await site.run(HOURLY);
  await site.pool.query(
    `begin; set local timescaledb.skip_cagg_invalidation = on; update datapoints set value = value + 1; commit`,
  );
  expect((await comparedHours(site.pool)).different).toBeGreaterThan(0);
  expect(await site.run(HOURLY)).toMatchObject({ code: 0 });
  expect(await comparedHours(site.pool)).toEqual(ALL);
});

testForm('compressed', 'a role without privileges on the figures of hours reads the datapoints', async () => {
  await using site = await aRig();
  await site.run(HOURLY);
  await poison(site);
  const role = `role_${Date.now()}`;
  await site.pool.query(`create role ${role} login; grant select on events, datapoints, experiments, users to ${role}`);
  const url = new URL(site.url);
  url.username = role;
  const countBy = async (more: string) => {
    await site.pool.query(more);
    const { stdout } = await site.run('datapoints stats --json', { env: { DATABASE_URL: url.href } });
    return JSON.parse(stdout)[0].count;
  };
  expect(await countBy('select 1')).toBe(1601);
  expect(await countBy(`grant select on datapoints_hourly to ${role}`)).toBe(1601);
  expect(await countBy(`grant insert on datapoints to ${role}`)).toBeGreaterThan(1601);
  await site.pool.query(`drop owned by ${role}; drop role ${role}`);
});

testForm(
  'compressed',
  'other commands know the figures of hours, and plain drops them, but not those of others',
  async () => {
    await using site = await aRig();
    await site.run(HOURLY);
    expect(await site.run('db check')).toMatchObject({ code: 0, stdout: '' });
    expect(JSON.stringify(JSON.parse((await site.run('db info --json')).stdout))).not.toContain('hourly');
    const dropped = await site.run(`db storage timescale --no-hourly${AGREED}`);
    expect([dropped.code, await statusOf(site)]).toEqual([0, expect.not.objectContaining({ hourly_until: null })]);
    expect(await comparedHours(site.pool)).toEqual(NONE);

    await site.pool.query(`create materialized view datapoints_hourly with (timescaledb.continuous) as
    select time_bucket('1 hour', timestamp) as hour, count(*) from datapoints group by 1 with no data`);
    expect(await site.run(HOURLY)).toMatchObject({
      code: 4,
      stderr: expect.stringContaining('"datapoints_hourly" already exists'),
    });
    expect(await site.run('datapoints stats')).toMatchObject({ code: 0 });
    expect(await site.run(`db storage plain${AGREED}`)).toMatchObject({
      code: 4,
      stderr: expect.stringContaining('datapoints_hourly'),
    });
    await site.pool.query('drop materialized view datapoints_hourly');
    await site.run(HOURLY);
    expect((await site.run(`db storage plain --dry-run${AGREED}`)).stderr).toContain(
      'Would drop the figures of hours.',
    );
    expect(await comparedHours(site.pool)).toEqual(ALL);
    expect(await site.run(`db storage plain${AGREED}`)).toMatchObject({ code: 0 });
    expect(await statusOf(site)).toMatchObject({ form: 'plain', rows: 3202 });
    expect((await site.pool.query(`select to_regclass('datapoints_hourly') as view`)).rows).toEqual([{ view: null }]);
  },
);
