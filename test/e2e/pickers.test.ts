import { afterAll, describe, expect, test } from 'vitest';
import { anEvent, anExperiment, aSite, aUser, datapoints } from '../support/site.ts';
import { hasTerminal, onRealTerminal, onTerminal } from '../support/terminal.ts';

const site = await aSite();
afterAll(() => site[Symbol.asyncDispose]());
const { publicId: owner } = await aUser(site, { username: 'root', admin: true });
const run7 = await anExperiment(site, { name: 'Run 7', owner });
await anExperiment(site, { name: 'Run 8', owner });
const event = await anEvent(site, { name: 'Wall temperature', owner });
await datapoints(site, 3, { event: event.publicId, experiment: run7.publicId });

const ENTER = '\r';
const ESC = '\u001b';
const DOWN = '\u001b[B';
const env = { NO_COLOR: '1', DATABASE_URL: site.url };
const dialogue = async (line: string, answers: [prompt: string, keys: string][] = []) =>
  await onTerminal(line, env, answers);

const terminalTest = test.skipIf(!hasTerminal);

terminalTest('an export asks for the experiment, with dates and counts', async () => {
  const { code, output } = await onRealTerminal('experiments export -o -', env, [
    ['Which experiment?', 'un 7'],
    ['Which experiment? un 7', ENTER],
  ]);
  expect(output).toMatch(/Run 7 .* 3 datapoints .*20\d\d-\d\d-\d\d/);
  expect(output).toMatch(/Run 8 .* 0 datapoints/);
  expect([code, output]).toEqual([0, expect.stringContaining('Wall temperature')]);
});

terminalTest('Esc at the first question exits 130', async () => {
  const { code, output } = await onRealTerminal('experiments delete', env, [['Experiment', ESC]]);
  expect([code, output]).toEqual([130, expect.stringContaining('Cancelled.')]);
});

describe.each([50, 80, 120])('in %i columns', (columns) => {
  test('a row is one line', async () => {
    const name = `A very long name of an experiment, ${'with details '.repeat(9)}`.trim();
    await anExperiment(site, { name: `${name} ${columns}`, owner });
    for (const start of columns === 50 && hasTerminal ? [onTerminal, onRealTerminal] : [onTerminal]) {
      const { code, output } = await start('experiments show', env, [['Experiment', ESC]], columns);
      const rows = output.split('\n').filter((line) => line.includes('A v'));
      expect([code, rows.length > 0]).toEqual([130, true]);
      expect(rows.filter((line) => line.length > columns)).toEqual([]);
    }
  });
});

describe('every verb with the row of a noun asks for it', () => {
  test.each([
    ['users show', 'User', 'root@lab.org'],
    ['users passwd', 'User', 'root@lab.org'],
    ['events update --max 7', 'Event', 'Wall temperature'],
    ['experiments show', 'Experiment', '3 datapoints'],
    ['experiments rename', 'Experiment', 'Run 7'],
    ['datapoints show', 'Datapoint', 'Wall temperature'],
    ['datapoints delete', 'Which datapoint?', 'Wall temperature'],
  ])('%s', async (line, prompt, label) => {
    const { code, output } = await dialogue(line, [[prompt, ESC]]);
    expect([code, output]).toEqual([130, expect.stringContaining(label)]);
  });

  test('which without a terminal is an error', async () => {
    const { code, stderr } = await site.run(['experiments', 'show']);
    expect([code, stderr]).toEqual([2, expect.stringContaining("Missing required argument 'experiment'")]);
    expect((await site.run('experiments export')).stderr).toContain('Name an experiment.');
    expect((await dialogue('experiments show --no-input')).code).toBe(2);
  });

  test('of which there may be none', async () => {
    const { code, output } = await dialogue('rules show');
    expect([code, output]).toEqual([2, expect.stringContaining('There is no rule to choose from.')]);
  });
});

test('arguments are asked for one after the other, and Esc goes back', async () => {
  const { code, output } = await dialogue('experiments rename', [
    ['Experiment', ENTER],
    ['New name, unique', ESC],
    ['Experiment', DOWN + ENTER],
    ['New name, unique', `Other${ENTER}`],
  ]);
  expect([code, output]).toEqual([0, expect.stringContaining('is now "Other"')]);
});

test('a widget is chosen among those of its dashboard', async () => {
  for (const name of ['Here', 'Elsewhere']) {
    await site.run(['dashboards', 'create', name]);
    await site.run(['dashboards', 'widgets', 'add', name, '--type', 'gauge', '--title', `Trend ${name}`]);
  }
  const { output: list } = await dialogue('dashboards widgets list', [
    ['Dashboard', 'Here'],
    ['Dashboard Here', ENTER],
  ]);
  expect([list.includes('Trend Here'), list.includes('Trend Elsewhere')]).toEqual([true, false]);
  const { code, output } = await dialogue('dashboards widgets show', [
    ['Dashboard', 'Here'],
    ['Dashboard Here', ENTER],
    ['Widget', ENTER],
  ]);
  expect([code, output]).toEqual([0, expect.not.stringContaining('Trend Elsewhere')]);
});

test('of many rows the first 50 are offered, and the others found by typing', async () => {
  await site.pool.query(
    `insert into experiments (public_id, name, user_public_id, started_on)
     select gen_random_uuid(), case n when 0 then 'Needle' else 'Hay ' || n end, $1, '2020-01-01'::date + n
     from generate_series(0, 79) n`,
    [owner],
  );
  const { code, output } = await dialogue('experiments show', [
    ...Array.from({ length: 49 }, (): [string, string] => ['Experiment', DOWN]),
    ['more (type to search)', 'needle'],
    ['Needle ', ENTER],
  ]);
  expect([code, output]).toEqual([0, expect.stringContaining('2020-01-01')]);
});

describe('a create that asked shows what it will write', () => {
  const LINE = 'events create --unit bar --min 0 --max 1 --type sensor';

  test('and writes it after Enter', async () => {
    const { code, output } = await dialogue(LINE, [
      ['Name of the event, unique', `Gas${ENTER}`],
      ['Create event "Gas"? (Y/n)', ENTER],
    ]);
    expect([code, output]).toEqual([0, expect.stringMatching(/\nname +Gas\nunit +bar\n/)]);
  });

  test('and nothing after a no', async () => {
    const { code, output } = await dialogue(LINE, [
      ['Name of the event, unique', `Oil${ENTER}`],
      ['Create event "Oil"? (Y/n)', `n${ENTER}`],
    ]);
    expect([code, output]).toEqual([130, expect.stringContaining('Nothing was created.')]);
    expect((await site.run(['events', 'show', 'Oil'])).code).toBe(3);
  });

  test('but not with --yes, nor where nothing was asked', async () => {
    const asked = await dialogue(`${LINE} --yes`, [['Name of the event, unique', `Air${ENTER}`]]);
    const given = await dialogue(LINE.replace('create', 'create Water'));
    for (const { code, output } of [asked, given]) {
      expect([code, output]).toEqual([0, expect.not.stringContaining('(Y/n)')]);
    }
  });
});
