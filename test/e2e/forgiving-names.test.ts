import { afterAll, describe, expect, test } from 'vitest';
import { anEvent, anExperiment, aSite, aUser } from '../support/site.ts';
import { onTerminal } from '../support/terminal.ts';

const site = await aSite();
afterAll(() => site[Symbol.asyncDispose]());
const { publicId: owner } = await aUser(site, { username: 'root', admin: true });
const run7 = await anExperiment(site, { name: 'Run 7', owner });
const wall = await anEvent(site, { name: 'Wall temperature', owner });
await anEvent(site, { name: 'Air flow', owner });

const EVENT = ['--unit', 'bar', '--min', '0', '--max', '1', '--type', 'sensor'];
const idOf = async (words: string[]) => JSON.parse((await site.run([...words, '--json'])).stdout).public_id;
const onTty = async (line: string, answers: [prompt: string, keys: string][] = []) =>
  await onTerminal(line, { NO_COLOR: '1', DATABASE_URL: site.url }, answers);

describe('a name is found', () => {
  test.each(['run 7', 'RUN  7', ' Run 7 '])('blind to case and blanks: %j', async (given) => {
    expect(await idOf(['experiments', 'show', given])).toBe(run7.publicId);
  });

  test('as an option too', async () => {
    const words = ['rules', 'create', 'Hot', '--event', 'wall temperature', '--when', 'gt', '--threshold', '1'];
    const { stdout } = await site.run([...words, '--action', 'log', '--json']);
    expect(JSON.parse(stdout)).toMatchObject({ event_public_id: wall.publicId });
  });

  test('with other than ASCII letters', async () => {
    const { publicId } = await anEvent(site, { name: 'Öl Druck', owner });
    expect(await idOf(['events', 'show', 'ÖL  druck'])).toBe(publicId);
  });

  test('as it is, if there are others like it; else it is a conflict that shows them', async () => {
    const [one, other] = [await anEvent(site, { name: 'Pump', owner }), await anEvent(site, { name: 'PUMP', owner })];
    expect([await idOf(['events', 'show', 'Pump']), await idOf(['events', 'show', 'PUMP'])]).toEqual([
      one.publicId,
      other.publicId,
    ]);
    const { code, stderr } = await site.run(['events', 'show', 'pump']);
    expect([code, stderr]).toEqual([
      4,
      expect.stringContaining(`"Pump" (${one.publicId}), "PUMP" (${other.publicId})`),
    ]);
    expect(stderr).toContain(`More than one event is called "pump" if case and blanks are ignored`);
  });

  test('without the characters that a pattern knows', async () => {
    await anEvent(site, { name: 'Load 90 per cent', owner });
    for (const given of ['load%cent', 'load 90 per cen_', 'load\\']) {
      expect((await site.run(['events', 'show', given])).code).toBe(3);
    }
  });
});

describe('what is not a name', () => {
  test.each([
    ['presure', ''],
    ['Wal temperature', 'Did you mean "Wall temperature"? '],
    ['Air', 'Did you mean "Air flow"? '],
  ])('is not found, with what was meant: %j', async (given, suggestion) => {
    const { code, stderr } = await site.run(['events', 'show', given]);
    expect([code, stderr]).toEqual([3, `error: Event "${given}" not found.\n${suggestion}${HINT}\n`]);
  });

  test('of a profile, a package or a channel is answered with the nearest too', async () => {
    await site.pool.query(
      `insert into plugin_packages (public_id, package_name, version, source, plugin_ids, installed_on)
       values (gen_random_uuid(), 'demo-plugin', '1.0', 'uploaded', '[]', now())`,
    );
    await site.run('plugins instances create Rig --plugin demo');
    await site.run('plugins channels map Rig AI0 --no-event --direction input --unit V');
    const stderr = async (line: string) => (await site.run(line)).stderr;
    expect(await stderr('datapoints profiles show toa6')).toContain('Did you mean "toa5"? ');
    expect(await stderr('plugins uninstall demo-plugn --yes --no-pip')).toContain('Did you mean "demo-plugin"? ');
    expect(await stderr('plugins channels show Rig AI1')).toContain('Did you mean "AI0"? ');
  });

  test('is suggested to be quoted, if the words are one name', async () => {
    const { code, stderr } = await site.run(['experiments', 'export', 'run', '7']);
    expect([code, stderr]).toEqual([3, 'error: Experiment "run" not found.\nQuote a name with blanks: "run 7".\n']);
  });

  test.each([[['--yes']], [[]]])('is never taken for a longer one without a terminal: %j', async (more) => {
    const { code, stderr } = await site.run(['experiments', 'delete', 'Run', ...more]);
    expect([code, stderr]).toEqual([3, expect.stringContaining('Did you mean "Run 7"?')]);
  });

  test('is never taken for a longer one with --yes or --no-input on a terminal', async () => {
    for (const option of ['--yes', '--no-input']) {
      const { code, output } = await onTty(`experiments delete Run ${option}`);
      expect([code, output]).toEqual([3, expect.stringContaining('Did you mean "Run 7"?')]);
    }
    expect(await idOf(['experiments', 'show', 'Run 7'])).toBe(run7.publicId);
  });

  test('is on a terminal shown with the only row that starts so, and taken after a yes', async () => {
    const yes = await onTty('events show Wall', [['Use "Wall temperature"? (y/N)', 'y\r']]);
    expect([yes.code, yes.output]).toEqual([0, expect.stringContaining('One is similar: Wall temperature')]);
    expect(yes.output).toContain(wall.publicId);
    const no = await onTty('events delete Wall', [['Use "Wall temperature"? (y/N)', '\r']]);
    expect([no.code, no.output]).toEqual([3, expect.stringContaining('Event "Wall" not found.')]);
  });
});

describe('a new name that differs from another in case or blanks only', () => {
  test('is warned about on create', async () => {
    const words = ['events', 'create', 'AIR  flow', ...EVENT];
    const { code, stderr } = await site.run(words);
    expect([code, stderr]).toEqual([
      0,
      expect.stringMatching(/warning: There is also event "Air flow" \([-0-9a-f]{36}\)/),
    ]);
    expect((await site.run(['events', 'create', 'Gas flow', ...EVENT])).stderr).not.toContain('warning');
  });

  test('is warned about on a change of the name, and of nothing else', async () => {
    await anExperiment(site, { name: 'Run 8', owner });
    const renamed = await site.run(['experiments', 'rename', 'Run 8', 'run 7']);
    expect([renamed.code, renamed.stderr]).toEqual([0, expect.stringContaining('There is also experiment "Run 7"')]);
    const updated = await site.run(['experiments', 'update', 'run 7', '--name', 'RUN 7']);
    expect(updated.stderr).toContain('There is also experiment "Run 7"');
    expect((await site.run(['events', 'update', 'Air flow', '--max', '2'])).stderr).not.toContain('There is also');
  });
});

const HINT = 'Use its name, its public id, or the first 8 or more characters of its id.';
