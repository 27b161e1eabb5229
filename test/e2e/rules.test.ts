import { afterAll, describe, expect, test } from 'vitest';
import { anEvent, aSite, aUser } from '../support/site.ts';

const site = await aSite();
afterAll(() => site[Symbol.asyncDispose]());
const owner = (await aUser(site, { username: 'root', admin: true })).publicId;
const bed = await anEvent(site, { name: 'Bed', owner });

const newRule = (name: string, ...more: string[]) => [
  ...['rules', 'create', name, '--event', 'Bed', '--when', 'gt', '--threshold', '850.5', '--action', 'log'],
  ...more,
];

let made = 0;
async function aRule(...more: string[]): Promise<string> {
  const name = `rule ${++made}`;
  expect((await site.run(newRule(name, ...more))).code).toBe(0);
  return name;
}

const row = (stdout: string) => JSON.parse(stdout);

test('a rule is made, listed, shown, changed and deleted in a pipe', async () => {
  const created = await site.run(newRule('Overheat'));
  expect([created.code, created.stdout]).toEqual([0, expect.stringMatching(/^[0-9a-f-]{36}\n$/)]);
  const id = created.stdout.trim();
  const listed = await site.run('rules list');
  expect(listed.stdout).toBe(`Overheat\tBed\t> 850.5 °C\tlog\ttrue\t\t${id}\n`);
  expect((await site.run('rules show Overheat')).stdout).toContain('threshold\t850.5\n');
  const changed = await site.run(['rules', 'update', 'Overheat', '--threshold', '900']);
  expect([changed.code, changed.stdout, changed.stderr]).toEqual([0, `${id}\n`, '✓ Rule "Overheat" changed.\n']);
  const gone = await site.run('rules delete Overheat --yes');
  expect([gone.code, gone.stderr]).toEqual([0, '✓ Rule "Overheat" deleted.\n']);
  expect((await site.run('rules show Overheat')).code).toBe(3);
});

test('a rule is made, listed, shown, changed and deleted with --json', async () => {
  const { created, ...made } = row((await site.run(newRule('Hot', '--cooldown', '5m', '--disabled', '--json'))).stdout);
  expect(created).toBe(true);
  expect(made).toMatchObject({
    name: 'Hot',
    event_public_id: bed.publicId,
    operator: 'gt',
    threshold: 850.5,
    threshold_high: null,
    action_type: 'log',
    webhook_event_type: null,
    enabled: false,
    cooldown_seconds: 300,
    last_triggered_at: null,
    user_public_id: owner,
  });
  const listed = row((await site.run('rules list --json')).stdout);
  expect(listed).toEqual([{ ...made, event: 'Bed', condition: '> 850.5 °C' }]);
  expect(row((await site.run('rules show Hot --json')).stdout)).toEqual(made);
  const changed = await site.run(['rules', 'update', 'Hot', '--name', 'Hotter', '--cooldown', '0s', '--json']);
  expect(row(changed.stdout)).toMatchObject({ name: 'Hotter', cooldown_seconds: 0, threshold: 850.5 });
  const gone = await site.run('rules delete Hotter --yes --json');
  expect(row(gone.stdout)).toMatchObject({ status: 'success' });
  expect((await site.run('rules list --json')).stdout).toBe('[]\n');
});

describe('rules create', () => {
  test('sends webhooks sensor.threshold_exceeded by default', async () => {
    const words = (name: string, ...more: string[]) => [
      ...['rules', 'create', name, '--event', 'Bed', '--when', 'lte', '--threshold', '-1', '--action', 'webhook'],
      ...['--json', ...more],
    ];
    const usual = await site.run(words('usual'));
    expect(row(usual.stdout)).toMatchObject({ webhook_event_type: 'sensor.threshold_exceeded', threshold: -1 });
    const named = await site.run(words('named', '--webhook-type', 'system.health_changed'));
    expect(row(named.stdout)).toMatchObject({ webhook_event_type: 'system.health_changed' });
  });

  test('accepts a range whose limits are equal', async () => {
    const words = newRule('range', '--when', 'between', '--threshold', '5', '--threshold-high', '5', '--json');
    expect(row((await site.run(words)).stdout)).toMatchObject({ operator: 'between', threshold_high: 5 });
  });

  test('refuses a taken name with 4, and with --if-not-exists returns the existing row', async () => {
    const name = await aRule();
    const taken = await site.run(newRule(name));
    expect([taken.code, taken.stderr]).toEqual([4, expect.stringContaining(`name "${name}" is taken`)]);
    const again = await site.run(['rules', 'create', name, '--if-not-exists']);
    expect([again.code, again.stderr]).toEqual([0, expect.stringContaining('already exists')]);
  });

  test.each([
    ['a range without an upper end', 2, ['--when', 'between'], 'Missing: --threshold-high.'],
    [
      'an upper limit below the lower',
      2,
      ['--when', 'not_between', '--threshold-high', '1'],
      '1, must not be less than the lower',
    ],
    ['an upper limit without a range', 2, ['--threshold-high', '900'], 'takes no upper threshold'],
    ['a threshold that is NaN', 2, ['--threshold', 'NaN'], '--threshold: "NaN" is not a valid number'],
    ['an infinite threshold', 2, ['--threshold', 'Infinity'], 'is not a valid number'],
    ['an unknown condition', 2, ['--when', 'like'], 'gt, lt, eq, gte, lte, between, not_between'],
    ['an unknown action', 2, ['--action', 'mail'], 'webhook, log'],
    ['a webhook event for the log', 2, ['--webhook-type', 'sensor.reading'], 'takes no webhook event'],
    ['an unknown webhook event', 2, ['--action', 'webhook', '--webhook-type', 'x'], 'sensor.threshold_exceeded'],
    ['a cooldown below zero', 2, ['--cooldown', '-5s'], 'not a valid duration'],
    ['a cooldown beyond the column', 2, ['--cooldown', '99999w'], '2147483647 seconds'],
    ['an unknown event', 3, ['--event', 'nothing'], 'Event "nothing" not found'],
  ])('refuses %s with %d', async (_what, code, options, complaint) => {
    const run = await site.run(newRule('refused', ...options));
    expect([run.code, run.stdout]).toEqual([code, '']);
    expect(run.stderr).toContain(complaint);
    expect((await site.run('rules show refused')).code).toBe(3);
  });

  test('refuses an empty name', async () => {
    expect((await site.run(newRule(' '))).code).toBe(2);
  });

  test('without a terminal names every missing option', async () => {
    const { code, stderr } = await site.run('rules create X');
    expect([code, stderr]).toEqual([2, expect.stringContaining('Missing: --event, --when, --threshold, --action.')]);
  });
});

describe('rules update', () => {
  test('checks what changes against what stays', async () => {
    const name = await aRule('--when', 'between', '--threshold', '10', '--threshold-high', '20');
    expect((await site.run(['rules', 'update', name, '--threshold', '21'])).code).toBe(2);
    expect((await site.run(['rules', 'update', name, '--threshold-high', '9'])).code).toBe(2);
    const both = await site.run(['rules', 'update', name, '--threshold', '21', '--threshold-high', '22', '--json']);
    expect(row(both.stdout)).toMatchObject({ threshold: 21, threshold_high: 22 });
  });

  test('removes the upper limit with the range, and requires one with a new range', async () => {
    const name = await aRule('--when', 'between', '--threshold', '10', '--threshold-high', '20');
    const single = await site.run(['rules', 'update', name, '--when', 'gt', '--json']);
    expect(row(single.stdout)).toMatchObject({ operator: 'gt', threshold: 10, threshold_high: null });
    const range = await site.run(['rules', 'update', name, '--when', 'not_between']);
    expect([range.code, range.stderr]).toEqual([2, expect.stringContaining('--threshold-high')]);
    expect((await site.run(['rules', 'update', name, '--threshold-high', '20'])).code).toBe(2);
  });

  test('drops the webhook event with the webhook', async () => {
    const name = await aRule('--action', 'webhook', '--webhook-type', 'sensor.reading');
    const kept = await site.run(['rules', 'update', name, '--threshold', '1', '--json']);
    expect(row(kept.stdout)).toMatchObject({ webhook_event_type: 'sensor.reading' });
    const log = await site.run(['rules', 'update', name, '--action', 'log', '--json']);
    expect(row(log.stdout)).toMatchObject({ action_type: 'log', webhook_event_type: null });
    expect((await site.run(['rules', 'update', name, '--webhook-type', 'sensor.reading'])).code).toBe(2);
  });

  test('lets a rule watch another event', async () => {
    const name = await aRule();
    const other = await anEvent(site, { owner });
    const { stdout } = await site.run(['rules', 'update', name, '--event', other.name, '--json']);
    expect(row(stdout)).toMatchObject({ event_public_id: other.publicId });
  });

  test('refuses a taken name with 4, an unknown rule with 3, and nothing to change with 2', async () => {
    const [one, other] = [await aRule(), await aRule()];
    expect((await site.run(['rules', 'update', one, '--name', other])).code).toBe(4);
    expect((await site.run('rules update nothing --threshold 1')).code).toBe(3);
    expect((await site.run(['rules', 'update', one])).code).toBe(2);
  });
});

test('rules enable and disable can be repeated, and list filters by them', async () => {
  const name = await aRule();
  const lists = async (option: string) => (await site.run(['rules', 'list', option, '--json'])).stdout.includes(name);
  for (const enabled of [false, false, true, true]) {
    const { code, stdout } = await site.run(['rules', enabled ? 'enable' : 'disable', name, '--json']);
    expect([code, row(stdout).enabled]).toEqual([0, enabled]);
    expect([await lists('--enabled'), await lists('--disabled')]).toEqual([enabled, !enabled]);
  }
  expect((await site.run('rules list --enabled --disabled')).code).toBe(2);
  expect((await site.run('rules disable nothing')).code).toBe(3);
});

test('rules list --event shows the rules of that event only', async () => {
  const event = await anEvent(site, { owner });
  const name = await aRule('--event', event.name);
  const rules = row((await site.run(['rules', 'list', '--event', event.name, '--json'])).stdout);
  expect(rules).toEqual([expect.objectContaining({ name, event: event.name })]);
  expect((await site.run('rules list --event nothing')).code).toBe(3);
});

test('events delete also deletes its rules, and reports it', async () => {
  const event = await anEvent(site, { owner });
  const name = await aRule('--event', event.name);
  const { stderr } = await site.run(['events', 'delete', event.name, '--yes']);
  expect(stderr).toBe(`✓ Event "${event.name}" deleted, with 1 rule.\n`);
  expect((await site.run(['rules', 'show', name])).code).toBe(3);
});
