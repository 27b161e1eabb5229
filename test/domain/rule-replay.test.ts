import { afterAll, expect, test } from 'vitest';
import { type Condition, tryRule } from '../../src/domain/rule-condition.ts';
import { replayRule } from '../../src/domain/rule-replay.ts';
import { freshDatabase, openDatabase } from '../support/database.ts';
import { anEvent, anExperiment } from '../support/site.ts';

const site = await freshDatabase();
const database = await openDatabase(site);
afterAll(async () => {
  await database.close();
  await site[Symbol.asyncDispose]();
});
const { em } = database;
const START = Date.parse('2026-01-01T00:00:00Z');

interface Sample {
  seconds: number;
  value: number;
  /** Whether it belongs to the experiment. */
  inside: boolean;
}

/** A recording of an event: some samples in an experiment, others not. */
async function aRecording(samples: Sample[]): Promise<{ event: string; experiment: string }> {
  const event = (await anEvent({ pool: site.pool })).publicId;
  const experiment = (await anExperiment({ pool: site.pool })).publicId;
  await site.pool.query(
    `insert into datapoints (public_id, value, timestamp, event_public_id, experiment_public_id)
     select 'd' || n || $1, value, timestamptz '2026-01-01T00:00:00Z' + seconds * interval '1 second', $1,
            case when inside then $2 end
       from unnest($3::float8[], $4::float8[], $5::bool[]) with ordinality as sample (seconds, value, inside, n)
      order by n`,
    [
      event,
      experiment,
      samples.map(({ seconds }) => seconds),
      samples.map(({ value }) => value),
      samples.map(({ inside }) => inside),
    ],
  );
  return { event, experiment };
}

/** The rule's meaning, said as plainly as it can be. */
function expected(samples: Sample[], meets: (value: number) => boolean, cooldown: number): [number, number][] {
  const found: [number, number][] = [];
  let quietUntil = Number.NEGATIVE_INFINITY;
  // The sort is stable: of the same time, the one that was recorded first.
  for (const { seconds, value } of [...samples].sort((a, b) => a.seconds - b.seconds)) {
    if (meets(value) && seconds >= quietUntil) {
      found.push([seconds, value]);
      quietUntil = seconds + cooldown;
    }
  }
  return found;
}

const condition = (event: string, more: Partial<Condition> = {}): Condition => ({
  event: { publicId: event },
  operator: 'gt',
  threshold: 50,
  thresholdHigh: null,
  cooldownSeconds: 60,
  ...more,
});

const found = (first: { timestamp: string; value: number | string }[]) =>
  first.map(({ timestamp, value }) => [(Date.parse(timestamp) - START) / 1000, value]);

/** Numbers that look random and are the same in every run. */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state / 2_147_483_648;
  };
}

test.each([0, 1, 5, 60, 3600])('a replay with a cooldown of %d s finds what a plain loop finds', async (cooldown) => {
  const next = numbers(cooldown + 1);
  // In quarters of a second, many at the same time, some outside of the experiment, none in the order of time.
  const samples = Array.from({ length: 3000 }, () => ({
    seconds: Math.floor(next() * 8000) / 4,
    value: Math.floor(next() * 100),
    inside: next() < 0.7,
  }));
  const { event, experiment } = await aRecording(samples);
  const rule = condition(event, { cooldownSeconds: cooldown });
  const all = expected(samples, (value) => value > 50, cooldown);
  const inside = expected(
    samples.filter((sample) => sample.inside),
    (value) => value > 50,
    cooldown,
  );
  const whole = await replayRule(em, rule, {}, 10_000);
  expect(found(whole.first)).toEqual(all);
  const part = await replayRule(em, rule, { experimentPublicId: experiment }, 10_000);
  expect(found(part.first)).toEqual(inside);
  expect(part).toMatchObject({
    datapoints: samples.filter((sample) => sample.inside).length,
    matches: samples.filter((sample) => sample.inside && sample.value > 50).length,
    triggers: inside.length,
  });
});

test('a limit cuts the list, and not the count', async () => {
  const samples = Array.from({ length: 100 }, (_, seconds) => ({ seconds, value: 60, inside: true }));
  const { event } = await aRecording(samples);
  for (const [cooldownSeconds, triggers] of [
    [0, 100],
    [10, 10],
  ] as const) {
    const replay = await replayRule(em, condition(event, { cooldownSeconds }), {}, 3);
    expect(replay).toMatchObject({ datapoints: 100, matches: 100, triggers });
    expect(replay.first).toHaveLength(3);
    const counted = await replayRule(em, condition(event, { cooldownSeconds }), {}, 0);
    expect(counted).toMatchObject({ triggers, first: [] });
  }
});

test('a value exactly at the end of the cooldown triggers, and one a microsecond before does not', async () => {
  const { event } = await aRecording([
    { seconds: 0, value: 60, inside: true },
    { seconds: 59.999999, value: 61, inside: true },
    { seconds: 60, value: 62, inside: true },
  ]);
  expect((await replayRule(em, condition(event), {}, 10)).first.map(({ value }) => value)).toEqual([60, 62]);
});

test('a range of time is replayed from its beginning, up to but not including its end', async () => {
  const samples = Array.from({ length: 10 }, (_, seconds) => ({ seconds, value: 60, inside: true }));
  const { event } = await aRecording(samples);
  const recording = { from: '2026-01-01T00:00:02Z', to: '2026-01-01T00:00:05Z' };
  const replay = await replayRule(em, condition(event, { cooldownSeconds: 2 }), recording, 10);
  expect(found(replay.first)).toEqual([
    [2, 60],
    [4, 60],
  ]);
});

test('nothing recorded, and nothing that meets the condition, triggers nothing', async () => {
  const { event } = await aRecording([{ seconds: 0, value: 1, inside: true }]);
  expect(await replayRule(em, condition(event), {}, 10)).toEqual({ datapoints: 1, matches: 0, triggers: 0, first: [] });
  const none = condition((await anEvent({ pool: site.pool })).publicId);
  expect(await replayRule(em, none, {}, 10)).toEqual({ datapoints: 0, matches: 0, triggers: 0, first: [] });
});

test('an infinite time ends a replay', async () => {
  const { event } = await aRecording([{ seconds: 0, value: 60, inside: true }]);
  await site.pool.query(
    `insert into datapoints (public_id, value, timestamp, event_public_id) values ($1, 70, 'infinity', $2)`,
    [`infinite${event}`, event],
  );
  expect((await replayRule(em, condition(event), {}, 10)).first.map(({ value }) => value)).toEqual([60, 70]);
});

test('a replay changes nothing, not even the settings of the connection', async () => {
  const { event } = await aRecording([{ seconds: 0, value: 60, inside: true }]);
  await replayRule(em, condition(event), {}, 10);
  const [row] = await em.getConnection().execute('show enable_sort');
  expect(row).toEqual({ enable_sort: 'on' });
});

const NAN_AND_INFINITIES = ['NaN', 'Infinity', '-Infinity'];
test.each([
  ['gt', ['49.9', '50', '50.1', ...NAN_AND_INFINITIES], ['50.1', 'Infinity']],
  ['gte', ['49.9', '50', '50.1', ...NAN_AND_INFINITIES], ['50', '50.1', 'Infinity']],
  ['lt', ['49.9', '50', '50.1', ...NAN_AND_INFINITIES], ['49.9', '-Infinity']],
  ['lte', ['49.9', '50', '50.1', ...NAN_AND_INFINITIES], ['49.9', '50', '-Infinity']],
  ['eq', ['49.9', '50', '50.0000000001', '50.1', ...NAN_AND_INFINITIES], ['50', '50.0000000001']],
  ['between', ['49', '50', '55', '60', '61', ...NAN_AND_INFINITIES], ['50', '55', '60']],
  ['not_between', ['49', '50', '55', '60', '61', ...NAN_AND_INFINITIES], ['49', '61', 'Infinity', '-Infinity']],
] as const)('%s takes of %j these: %j; NaN meets no condition', async (operator, values, meeting) => {
  const rule = condition('none', { operator, thresholdHigh: operator.endsWith('between') ? 60 : null });
  const met: string[] = [];
  for (const value of values) {
    if ((await tryRule(em, rule, value)).meets) {
      met.push(value);
    }
  }
  expect(met).toEqual(meeting);
});
