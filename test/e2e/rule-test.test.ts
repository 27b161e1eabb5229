import { afterAll, describe, expect, test } from 'vitest';
import { anEvent, anExperiment, aSite, aUser, datapoints } from '../support/site.ts';

const site = await aSite();
afterAll(() => site[Symbol.asyncDispose]());
const owner = (await aUser(site, { username: 'root', admin: true })).publicId;
await anEvent(site, { name: 'Bed', owner });

let made = 0;
async function aRule(...more: string[]): Promise<string> {
  const name = `rule ${++made}`;
  const words = ['--event', 'Bed', '--when', 'gt', '--threshold', '850.5', '--action', 'log', ...more];
  expect((await site.run(['rules', 'create', name, ...words])).code).toBe(0);
  return name;
}

const row = (stdout: string) => JSON.parse(stdout);

describe('rules test --value', () => {
  test('reports whether the value would trigger, and exits 0 either way', async () => {
    const name = await aRule();
    const yes = await site.run(['rules', 'test', name, '--value', '851']);
    expect([yes.code, yes.stdout]).toEqual([0, `851 °C would trigger rule "${name}" (> 850.5 °C).\n`]);
    const no = await site.run(['rules', 'test', name, '--value', '-12.5']);
    expect([no.code, no.stdout]).toEqual([0, `-12.5 °C would not trigger rule "${name}" (> 850.5 °C).\n`]);
  });

  test('as JSON has the verdict, with NaN and infinity as text', async () => {
    const name = await aRule('--disabled');
    const verdict = async (value: string) =>
      row((await site.run(['rules', 'test', name, '--value', value, '--json'])).stdout);
    expect(await verdict('1e3')).toEqual({
      rule: name,
      event: 'Bed',
      condition: '> 850.5 °C',
      enabled: false,
      value: 1000,
      would_trigger: true,
    });
    expect(await verdict('inf')).toMatchObject({ value: 'Infinity', would_trigger: true });
    expect(await verdict('NaN')).toMatchObject({ value: 'NaN', would_trigger: false });
  });

  test.each([
    [[], 'Missing: a value or a recording to test the rule with'],
    [['--value', 'hot'], 'not a valid number'],
    [['--value', '1e999'], 'too large'],
    [['--value', '1', '--experiment', 'Run'], 'cannot be used with'],
    [['--experiment', 'Run', '--limit', 'all'], 'whole number'],
    [['--from', 'soon'], '--from'],
  ])('with %j is refused with 2', async (options, complaint) => {
    const name = await aRule();
    const { code, stderr } = await site.run(['rules', 'test', name, ...options]);
    expect([code, stderr]).toEqual([2, expect.stringContaining(complaint)]);
  });

  test('of an unknown rule or experiment is refused with 3', async () => {
    const name = await aRule();
    expect((await site.run('rules test nothing --value 1')).code).toBe(3);
    expect((await site.run(['rules', 'test', name, '--experiment', 'nothing'])).code).toBe(3);
  });
});

describe('rules test --experiment', async () => {
  const event = await anEvent(site, { name: 'Ramp', owner });
  const run = await anExperiment(site, { name: 'Run', owner });
  // One a second, from 0 to 199 °C, of which 150 and above meet the condition.
  await datapoints(site, 200, { event: event.publicId, experiment: run.publicId });
  await datapoints(site, 50, { event: event.publicId });
  const name = await aRule('--event', 'Ramp', '--when', 'gte', '--threshold', '150', '--cooldown', '20s');

  test('lists when the rule would have triggered, in a pipe', async () => {
    const { code, stdout, stderr } = await site.run(['rules', 'test', name, '--experiment', 'Run']);
    expect(code).toBe(0);
    expect(stdout.split('\n').map((line) => line.split('\t').slice(0, 2))).toEqual([
      ['2026-01-01T00:02:30+00:00', '150'],
      ['2026-01-01T00:02:50+00:00', '170'],
      ['2026-01-01T00:03:10+00:00', '190'],
      [''],
    ]);
    expect(stderr).toBe(
      `Rule "${name}" (≥ 150 °C, cooldown 20 s) would have triggered 3 times on 200 datapoints of "Ramp"; ` +
        '50 meet the condition.\n' +
        'note: the server judges only the last value of an event in each batch, so it may trigger less often, or later.\n',
    );
  });

  test('judges eq within 1e-9, as the server does', async () => {
    const exact = await aRule('--event', 'Ramp', '--when', 'eq', '--threshold', '150.0000000005', '--cooldown', '0s');
    const { stdout } = await site.run(['rules', 'test', exact, '--experiment', 'Run', '--json']);
    expect(row(stdout)).toMatchObject({ triggers: 1, items: [{ value: 150 }] });
  });

  test('as JSON has the counts beside the triggers', async () => {
    const { stdout } = await site.run(['rules', 'test', name, '--experiment', 'Run', '--limit', '1', '--json']);
    expect(row(stdout)).toEqual({
      rule: name,
      event: 'Ramp',
      condition: '≥ 150 °C',
      enabled: true,
      cooldown_seconds: 20,
      datapoints: 200,
      matches: 50,
      triggers: 3,
      items: [{ timestamp: '2026-01-01T00:02:30+00:00', value: 150, public_id: expect.any(String) }],
    });
  });

  test('as CSV has the triggers, and none where there are none', async () => {
    const some = await site.run(['rules', 'test', name, '--experiment', 'Run', '--format', 'csv']);
    expect(some.stdout.split('\n')).toHaveLength(5);
    const none = await site.run(['rules', 'test', name, '--to', '2026-01-01T00:00:10Z', '--format', 'csv']);
    expect([none.code, none.stdout, none.stderr]).toEqual([0, 'timestamp,value,public_id\n', '']);
  });

  test('--from and --to alone replay all datapoints of the event', async () => {
    const words = ['rules', 'test', name, '--from', '2026-01-01', '--to', '2026-01-01T00:02:31Z', '--json'];
    expect(row((await site.run(words)).stdout)).toMatchObject({ datapoints: 201, triggers: 1 });
  });

  test('does not change the rule', async () => {
    const { stdout } = await site.run(['rules', 'show', name, '--json']);
    expect(row(stdout)).toMatchObject({ last_triggered_at: null });
  });
});
