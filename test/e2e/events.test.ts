import { afterAll, describe, expect, test } from 'vitest';
import { anEvent, aSite, aUser, datapoints } from '../support/site.ts';

const site = await aSite();
afterAll(() => site[Symbol.asyncDispose]());
await aUser(site, { username: 'root', admin: true });

const newEvent = (name: string, ...more: string[]) => [
  ...['events', 'create', name, '--unit', '°C', '--min', '-10', '--max', '900.5', '--type', 'sensor'],
  ...more,
];

describe('events create', () => {
  test('prints the row as JSON, its columns in snake case', async () => {
    const { code, stdout } = await site.run(newEvent('Bed temperature', '--json'));
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      name: 'Bed temperature',
      unit: '°C',
      min_value: -10,
      max_value: 900.5,
      event_type: 'sensor',
      user_public_id: expect.any(String),
    });
  });

  test('refuses a taken name with 4, and with --if-not-exists returns the existing row', async () => {
    const { name, publicId } = await anEvent(site);
    expect((await site.run(newEvent(name))).code).toBe(4);
    const { code, stdout } = await site.run(newEvent(name, '--if-not-exists'));
    expect([code, stdout]).toEqual([0, `${publicId}\n`]);
  });

  test.each([
    ['equal limits', ['--min', '1', '--max', '1'], 'must be less than'],
    ['a limit that is not a number', ['--min', '1,5', '--max', '2'], '--min: "1,5" is not a valid number'],
    ['an infinite limit', ['--min', '0', '--max', 'Infinity'], '--max: "Infinity" is not a valid number'],
  ])('refuses %s', async (_what, limits, complaint) => {
    const { code, stderr } = await site.run(['events', 'create', 'X', '--unit', 'C', '--type', 'range', ...limits]);
    expect(code).toBe(2);
    expect(stderr).toContain(complaint);
  });

  test('lists the allowed types where one is unknown', async () => {
    const { code, stderr } = await site.run('events create X --unit C --min 0 --max 1 --type snsor');
    expect(code).toBe(2);
    expect(stderr).toContain('sensor, actuator, range, cmd_button, cmd_opened, cmd_closed');
  });

  test('without a terminal names every missing option', async () => {
    const { code, stderr } = await site.run('events create X --unit C');
    expect(code).toBe(2);
    expect(stderr).toContain('Missing: --min, --max, --type.');
  });
});

describe('events update', () => {
  test('changes one limit and keeps the other', async () => {
    const { name } = await anEvent(site);
    const { stdout } = await site.run(['events', 'update', name, '--max', '1100', '--json']);
    expect(JSON.parse(stdout)).toMatchObject({ name, min_value: 0, max_value: 1100 });
  });

  test('checks a new limit against the one that stays', async () => {
    const { name } = await anEvent(site);
    expect((await site.run(['events', 'update', name, '--min', '100'])).code).toBe(2);
  });

  test('gives a new name, unless it is taken', async () => {
    const [one, other] = [await anEvent(site), await anEvent(site)];
    expect((await site.run(['events', 'update', one.name, '--name', other.name])).code).toBe(4);
    expect((await site.run(['events', 'update', one.name, '--name', 'Renamed'])).code).toBe(0);
    expect((await site.run(['events', 'show', 'Renamed'])).stdout).toContain(one.publicId);
  });
});

test('events list --type shows those of the type only', async () => {
  await site.run(['events', 'create', 'Valve', '--unit', '%', '--min', '0', '--max', '1', '--type', 'actuator']);
  const { stdout } = await site.run('events list --type actuator --json');
  expect(JSON.parse(stdout)).toEqual([expect.objectContaining({ name: 'Valve' })]);
});

test('events delete also deletes its datapoints', async () => {
  const { name, publicId } = await anEvent(site);
  await datapoints(site, 5, { event: publicId });
  const { code, stderr } = await site.run(['events', 'delete', publicId.slice(0, 8), '--yes']);
  expect([code, stderr]).toEqual([0, `✓ Event "${name}" deleted, with 5 datapoints.\n`]);
  const { rowCount } = await site.pool.query('select from datapoints where event_public_id = $1', [publicId]);
  expect(rowCount).toBe(0);
});

describe('what feeds an event', () => {
  const run = async (...words: string[]) => expect((await site.run(words)).code).toBe(0);
  const instance = async (name: string, ...more: string[]) =>
    await run('plugins', 'instances', 'create', name, '--plugin', 'demo', ...more);
  const map = async (name: string, channel: string, event: { name: string }) =>
    await run('plugins', 'channels', 'map', name, channel, '--event', event.name, '--direction', 'input');

  test('is listed: the channels of enabled instances; --unfed lists the events without any', async () => {
    const [fed, disabled, none] = [await anEvent(site), await anEvent(site), await anEvent(site)];
    await instance('Rig 1');
    await instance('Rig 2');
    await instance('Off', '--disabled');
    await map('Rig 1', 'AI0', fed);
    await map('Rig 2', 'AI7', fed);
    await map('Off', 'AI1', fed);
    await map('Off', 'AI2', disabled);
    const list = JSON.parse((await site.run('events list --json')).stdout);
    const fedBy = (rows: { name: string; fed_by: string | null }[], { name }: { name: string }) =>
      rows.find((row) => row.name === name)?.fed_by;
    expect([fed, disabled, none].map((event) => fedBy(list, event))).toEqual(['Rig 1: AI0, Rig 2: AI7', null, null]);
    const unfed = JSON.parse((await site.run('events list --unfed --json')).stdout);
    expect([fed, disabled, none].map((event) => fedBy(unfed, event))).toEqual([undefined, null, null]);
    expect((await site.run('events list')).stdout).toContain(`\tRig 1: AI0, Rig 2: AI7\t`);
    const shown = JSON.parse((await site.run(['events', 'show', fed.name, '--json'])).stdout);
    expect(shown).toMatchObject({ name: fed.name, fed_by: 'Rig 1: AI0, Rig 2: AI7' });
  });
});
