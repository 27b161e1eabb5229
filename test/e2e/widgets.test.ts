import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { temporaryDirectory } from '../support/program.ts';
import { anEvent, aSite, aUser } from '../support/site.ts';

const site = await aSite();
afterAll(() => site[Symbol.asyncDispose]());
const owner = (await aUser(site, { username: 'root', admin: true })).publicId;
const bed = await anEvent(site, { name: 'Bed', owner });

const row = (stdout: string) => JSON.parse(stdout);

let made = 0;
async function aDashboard(): Promise<string> {
  const name = `dashboard ${++made}`;
  expect((await site.run(['dashboards', 'create', name])).code).toBe(0);
  return name;
}

const widgets = async (verb: string, ...words: string[]) => await site.run(['dashboards', 'widgets', verb, ...words]);

/** Adds a gauge, and answers with its row. */
async function aWidget(dashboard: string, title: string, ...more: string[]) {
  const { code, stdout, stderr } = await widgets(
    'add',
    dashboard,
    '--type',
    'gauge',
    '--title',
    title,
    '--json',
    ...more,
  );
  expect([code, stderr]).toEqual([0, '']);
  return row(stdout);
}

const placeOf = ({ x, y, w, h }: Record<string, number>) => [x, y, w, h];

test('a widget is added, listed, shown, moved and removed in a pipe', async () => {
  const dashboard = await aDashboard();
  const added = await widgets('add', dashboard, '--type', 'gauge', '--title', 'Heat', '--event', 'Bed');
  expect([added.code, added.stdout]).toEqual([0, expect.stringMatching(/^[0-9a-f-]{36}\n$/)]);
  const id = added.stdout.trim();
  expect(added.stderr).toBe(`✓ Widget "Heat" added (${id}).\n`);
  expect((await widgets('list', dashboard)).stdout).toBe(`Heat\tgauge\tBed\t0\t0\t4\t3\t${id}\n`);
  expect((await widgets('show', dashboard, id.slice(0, 8))).stdout).toMatch(/^title\tHeat$/m);
  const moved = await widgets('update', dashboard, 'Heat', '--x', '8', '--title', 'Warmth');
  expect([moved.stdout, moved.stderr]).toEqual([`${id}\n`, '✓ Widget "Warmth" changed: 4×3 at 8,0.\n']);
  const gone = await widgets('remove', dashboard, 'Warmth', '--yes');
  expect([gone.code, gone.stderr]).toEqual([0, '✓ Widget "Warmth" deleted.\n']);
  expect((await widgets('list', dashboard)).stdout).toBe('');
});

test('a widget is added, listed, shown, changed and removed with --json', async () => {
  const dashboard = await aDashboard();
  const added = await widgets(
    ...(['add', dashboard, '--type', 'stat_card', '--title', 'Flow', '--x', '2', '--y', '1', '--w', '3'] as const),
    ...['--h', '2', '--event', 'Bed', '--json'],
  );
  const { created, ...made } = row(added.stdout);
  expect(created).toBe(true);
  expect(made).toMatchObject({
    widget_type: 'stat_card',
    title: 'Flow',
    event_public_id: bed.publicId,
    config_json: null,
    ...{ x: 2, y: 1, w: 3, h: 2 },
  });
  const listed = row((await widgets('list', dashboard, '--json')).stdout);
  expect(listed).toEqual([made]);
  expect(row((await widgets('show', dashboard, 'Flow', '--json')).stdout)).toEqual({ ...listed[0], event: 'Bed' });
  const changed = await widgets('update', dashboard, 'Flow', '--type', 'gauge', '--no-event', '--json');
  expect(row(changed.stdout)).toEqual({
    ...made,
    widget_type: 'gauge',
    event_public_id: null,
    event: null,
  });
  expect(row((await widgets('remove', dashboard, 'Flow', '--yes', '--json')).stdout)).toMatchObject({
    status: 'success',
  });
  expect((await widgets('list', dashboard, '--json')).stdout).toBe('[]\n');
});

describe('a widget without a position', () => {
  test('uses the first free position', async () => {
    const dashboard = await aDashboard();
    const places = [];
    for (const [title, ...size] of [['A'], ['B'], ['C'], ['D'], ['E', '--w', '12', '--h', '1'], ['F', '--h', '2']]) {
      places.push(placeOf(await aWidget(dashboard, title ?? '', ...size)));
    }
    expect(places).toEqual([
      [0, 0, 4, 3],
      [4, 0, 4, 3],
      [8, 0, 4, 3],
      [0, 3, 4, 3],
      [0, 6, 12, 1],
      [4, 3, 4, 2],
    ]);
  });

  test('keeps the column or the row that is given', async () => {
    const dashboard = await aDashboard();
    await aWidget(dashboard, 'A');
    expect(placeOf(await aWidget(dashboard, 'B', '--x', '1'))).toEqual([1, 3, 4, 3]);
    expect(placeOf(await aWidget(dashboard, 'C', '--y', '2'))).toEqual([5, 2, 4, 3]);
    const full = await widgets('add', dashboard, '--type', 'gauge', '--title', 'D', '--y', '2', '--w', '6');
    expect([full.code, full.stderr]).toEqual([4, expect.stringContaining('Row 2 has no room')]);
  });

  test('never uses the position of one that is added concurrently', async () => {
    const dashboard = await aDashboard();
    const added = await Promise.all([1, 2, 3, 4].map((n) => aWidget(dashboard, `W${n}`)));
    expect(added.map(placeOf).sort()).toEqual([
      [0, 0, 4, 3],
      [0, 3, 4, 3],
      [4, 0, 4, 3],
      [8, 0, 4, 3],
    ]);
  });
});

test('of two widgets added to one place at once, one is refused with 4', async () => {
  const dashboard = await aDashboard();
  const add = (title: string) => widgets('add', dashboard, '--type', 'gauge', '--title', title, '--x', '0', '--y', '0');
  const runs = await Promise.all([add('One'), add('Two')]);
  expect(runs.map(({ code }) => code).sort()).toEqual([0, 4]);
});

describe('widgets add', () => {
  test.each([
    ['too wide', 2, ['--w', '13'], '1 to 12, not 13'],
    ['without width', 2, ['--w', '0'], '1 to 12, not 0'],
    ['too high', 2, ['--h', '13'], '1 to 12, not 13'],
    ['over the edge', 2, ['--x', '9'], 'does not fit on the grid'],
    ['beyond the edge', 2, ['--x', '12'], '0 to 11'],
    ['far below', 2, ['--y', '999999999'], '0 to 9999'],
    ['at a fractional column', 2, ['--x', '1.5'], 'whole number'],
    ['of an unknown type', 2, ['--type', 'pie'], 'line_chart, gauge, stat_card, actuator_toggle'],
    ['of an unknown event', 3, ['--event', 'nothing'], 'Event "nothing" not found'],
    ['without a title', 2, ['--title', ''], 'must not be empty'],
  ])('refuses one %s', async (_what, code, options, complaint) => {
    const dashboard = await aDashboard();
    const run = await widgets('add', dashboard, '--type', 'gauge', '--title', 'T', ...options);
    expect([run.code, run.stderr]).toEqual([code, expect.stringContaining(complaint)]);
    expect((await widgets('list', dashboard)).stdout).toBe('');
  });

  test('refuses one over another with 4, names that, and a place that is free', async () => {
    const dashboard = await aDashboard();
    await aWidget(dashboard, 'A', '--x', '2');
    const { code, stderr } = await widgets(
      ...(['add', dashboard, '--type', 'gauge', '--title', 'B', '--x', '5', '--y', '2'] as const),
    );
    expect(code).toBe(4);
    expect(stderr).toContain('A widget of 4×3 at 5,2 would overlap "A" (4×3 at 2,0).');
    expect(stderr).toContain('4×3 at 6,0');
  });

  test('names every missing option without a terminal, and an unknown dashboard with 3', async () => {
    const { code, stderr } = await widgets('add', await aDashboard());
    expect([code, stderr]).toEqual([2, expect.stringContaining('Missing: --type, --title.')]);
    expect((await widgets('add', 'nothing', '--type', 'gauge', '--title', 'T')).code).toBe(3);
  });

  test('with --if-not-exists keeps one of that title where it is', async () => {
    const dashboard = await aDashboard();
    const { public_id: id } = await aWidget(dashboard, 'A', '--x', '3');
    const again = await widgets('add', dashboard, '--type', 'gauge', '--title', 'A', '--if-not-exists');
    expect([again.code, again.stdout]).toEqual([0, `${id}\n`]);
    expect(again.stderr).toContain('already exists');
    // On another dashboard it is another widget.
    expect((await aWidget(await aDashboard(), 'A', '--if-not-exists')).public_id).not.toBe(id);
  });
});

describe('the configuration of a widget', () => {
  const directory = temporaryDirectory();
  afterAll(() => directory[Symbol.dispose]());

  test('is kept as it was written, from a file or from standard input', async () => {
    const dashboard = await aDashboard();
    const file = join(directory.path, 'good.json');
    writeFileSync(file, '{"minutes": 30,\n "colour": "red"}\n');
    const { config_json } = await aWidget(dashboard, 'A', '--config-file', file);
    expect(config_json).toBe('{"minutes": 30,\n "colour": "red"}');
    const words = ['dashboards', 'widgets', 'update', dashboard, 'A', '--config-file', '-', '--json'];
    expect(row((await site.run(words, { input: '{"minutes": 60}' })).stdout)).toMatchObject({
      config_json: '{"minutes": 60}',
      title: 'A',
    });
  });

  test.each([
    ['invalid JSON', '{minutes: 30}', 'is not valid JSON'],
    ['a list', '[1]', 'is not a JSON object'],
    ['null', 'null', 'is not a JSON object'],
    ['empty', '', 'is not valid JSON'],
    ['too long', `{"a": "${'x'.repeat(70_000)}"}`, 'too large'],
  ])('is refused with 2 when it is %s', async (_what, input, complaint) => {
    const dashboard = await aDashboard();
    const words = ['dashboards', 'widgets', 'add', dashboard, '--type', 'gauge', '--title', 'T', '--config-file', '-'];
    const { code, stderr } = await site.run(words, { input });
    expect([code, stderr]).toEqual([2, expect.stringContaining(complaint)]);
  });

  test('is refused with 3 when its file is missing', async () => {
    const dashboard = await aDashboard();
    const words = ['--type', 'gauge', '--title', 'T', '--config-file', join(directory.path, 'missing')];
    expect((await widgets('add', dashboard, ...words)).code).toBe(3);
  });
});

describe('widgets update', () => {
  test('can move one into a place that it covers itself in part, and not over another', async () => {
    const dashboard = await aDashboard();
    await aWidget(dashboard, 'A');
    await aWidget(dashboard, 'B');
    const down = await widgets('update', dashboard, 'A', '--y', '1', '--json');
    expect(placeOf(row(down.stdout))).toEqual([0, 1, 4, 3]);
    const over = await widgets('update', dashboard, 'A', '--w', '5');
    expect([over.code, over.stderr]).toEqual([4, expect.stringContaining('would overlap "B" (4×3 at 4,0)')]);
    expect((await widgets('update', dashboard, 'B', '--x', '9')).code).toBe(2);
  });

  test('can give another title to one that the server has put over another', async () => {
    const dashboard = await aDashboard();
    await aWidget(dashboard, 'A');
    await aWidget(dashboard, 'B');
    await site.pool.query(
      `update dashboard_widgets set x = 10
        where title = 'B' and dashboard_id = (select id from dashboards where name = $1)`,
      [dashboard],
    );
    expect((await widgets('update', dashboard, 'B', '--title', 'C')).code).toBe(0);
    expect((await widgets('update', dashboard, 'C', '--y', '1')).code).toBe(2);
  });

  test('refuses nothing to change and an empty title with 2, and an unknown widget with 3', async () => {
    const [dashboard, elsewhere] = [await aDashboard(), await aDashboard()];
    const { public_id: id } = await aWidget(dashboard, 'A');
    expect((await widgets('update', dashboard, 'A')).code).toBe(2);
    expect((await widgets('update', dashboard, 'A', '--title', '')).code).toBe(2);
    expect((await widgets('update', dashboard, 'B', '--title', 'C')).code).toBe(3);
    expect((await widgets('update', elsewhere, id, '--title', 'C')).code).toBe(3);
  });
});

describe('widgets remove', () => {
  test('means one of the dashboard, and refuses a title that two of them have with 4', async () => {
    const [dashboard, elsewhere] = [await aDashboard(), await aDashboard()];
    await aWidget(elsewhere, 'A');
    const { public_id: id } = await aWidget(dashboard, 'A');
    await aWidget(dashboard, 'A');
    const both = await widgets('remove', dashboard, 'A', '--yes');
    expect([both.code, both.stderr]).toEqual([4, expect.stringContaining('More than one widget is called "A"')]);
    expect((await widgets('remove', dashboard, id, '--yes')).code).toBe(0);
    expect((await widgets('remove', dashboard, 'A', '--yes')).code).toBe(0);
    expect((await widgets('list', elsewhere)).stdout).toContain('A\tgauge');
  });

  test('removes nothing without a yes, nor with --dry-run', async () => {
    const dashboard = await aDashboard();
    await aWidget(dashboard, 'A');
    expect((await widgets('remove', dashboard, 'A')).code).toBe(2);
    expect((await widgets('remove', dashboard, 'A', '--dry-run', '--yes')).code).toBe(0);
    expect((await widgets('remove', dashboard, 'B', '--yes')).code).toBe(3);
    expect((await widgets('list', dashboard)).stdout).toContain('A\t');
  });
});

test('events delete keeps its widgets, without an event', async () => {
  const dashboard = await aDashboard();
  const event = await anEvent(site, { owner });
  await aWidget(dashboard, 'A', '--event', event.name);
  const { stderr } = await site.run(['events', 'delete', event.name, '--yes']);
  expect(stderr).toContain('1 dashboard widget is kept and loses its reference');
  expect(row((await widgets('list', dashboard, '--json')).stdout)).toMatchObject([{ event_public_id: null }]);
});

test('widgets list needs a dashboard that there is', async () => {
  expect((await widgets('list')).code).toBe(2);
  expect((await widgets('list', 'nothing')).code).toBe(3);
});
