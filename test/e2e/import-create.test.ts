import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { temporaryDirectory } from '../support/program.ts';
import { anExperiment, aSite, aUser } from '../support/site.ts';

const site = await aSite();
const folder = temporaryDirectory();
afterAll(async () => {
  folder[Symbol.dispose]();
  await site[Symbol.asyncDispose]();
});
const { username, publicId: admin } = await aUser(site, { admin: true });
const env = { WEBMACS_DATA_DIR: join(folder.path, 'data') };

const run = async (...words: string[]) => await site.run(words, { env });
const importing = async (...words: string[]) => await run('datapoints', 'import', ...words, '--timezone', 'UTC');

function file(name: string, content: string): string {
  const path = join(folder.path, name);
  writeFileSync(path, content);
  return path;
}

const count = async (table: string) =>
  (await site.pool.query<{ count: number }>(`select count(*)::int from ${table}`)).rows[0]?.count;

beforeEach(async () => {
  await site.pool.query('delete from datapoints; delete from events; delete from experiments');
});

test('one command creates events and experiment, says so, and undoing it says what stays', async () => {
  const path = file('run.csv', 'time,"Temp, °C","Flow, l/s"\n2026-01-01 00:00:00,20,1\n2026-01-01 00:01:00,30,1\n');
  const { stdout } = await importing(path, '--create-events', '--create-experiment', 'Run 7', '--json');
  const facts = JSON.parse(stdout);
  expect(facts).toMatchObject({
    rows: 4,
    created_events: [
      { name: 'Temp', unit: '°C', min_value: 19, max_value: 31 },
      { name: 'Flow', unit: 'l/s', min_value: 0, max_value: 2 },
    ],
    created_experiment: {
      name: 'Run 7',
      started_on: '2026-01-01T00:00:00+00:00',
      stopped_on: '2026-01-01T00:01:00+00:00',
    },
  });
  const owners = await site.pool.query('select distinct user_public_id from events');
  expect(owners.rows).toEqual([{ user_public_id: admin }]);

  const shown = JSON.parse((await run('datapoints', 'imports', 'show', facts.import_id, '--json')).stdout);
  expect(shown).toMatchObject({
    experiment_public_id: facts.created_experiment.public_id,
    created_experiment: { name: 'Run 7' },
    created_events: [{ name: 'Temp' }, { name: 'Flow' }],
  });
  const undone = await run('datapoints', 'imports', 'undo', facts.import_id, '--yes');
  expect(undone.stderr).toContain(`webmacs.js events delete ${facts.created_events[0].public_id}`);
  expect(undone.stderr).toContain(`webmacs.js experiments delete ${facts.created_experiment.public_id}`);
  expect([await count('datapoints'), await count('events'), await count('experiments')]).toEqual([0, 2, 1]);
});

test('people are told what was created', async () => {
  const path = file('told.csv', 'timestamp,value\n2026-01-01T00:00:00Z,5\n');
  const { stderr } = await importing(
    path,
    '--event',
    'Bed',
    '--create-events',
    '--unit',
    'K',
    '--create-experiment',
    'R',
  );
  expect(stderr).toContain('Created the event "Bed" (4 to 6 K). Created the experiment "R".');
});

test('names without a value are listed, for they become no events', async () => {
  const wide = file(
    'w.csv',
    'timestamp,T,Spare (°C),Other,\n2026-01-01T00:00:00Z,1,,NaN,\n2026-01-01T00:01:00Z,2,,,\n',
  );
  const { stderr } = await importing(wide, '--create-events', '--nan', 'missing', '--dry-run');
  expect(stderr).toContain('\nNote: No event is created for names without a value: "Spare", "Other".\n');
  const long = file('l.csv', 'timestamp,event,value\n2026-01-01T00:00:00Z,T,1\n2026-01-01T00:00:00Z,Gone,\n');
  const both = await importing(
    wide,
    long,
    '--create-events',
    '--nan',
    'missing',
    '--atomic',
    '--on-duplicate',
    'skip',
    '--json',
  );
  expect(JSON.parse(both.stdout).notes).toEqual([
    expect.stringContaining('Missing values'),
    'No event is created for names without a value: "Gone", "Spare", "Other".',
  ]);
  expect((await importing(wide, '--on-duplicate', 'skip')).stderr).not.toContain('No event');
});

test('of several files, the later ones use the events that the first one created', async () => {
  const table = (day: number) => `timestamp,T\n2026-01-0${day}T00:00:00Z,${day}\n`;
  const [one, two] = [file('1.csv', table(1)), file('2.csv', table(2))];
  const dry = await importing(one, two, '--create-events', '--dry-run');
  expect([dry.code, dry.stderr, await count('events')]).toEqual([0, expect.stringContaining('Would create'), 0]);
  expect((await importing(one, two, '--create-events')).code).toBe(0);
  expect([await count('datapoints'), await count('events')]).toEqual([2, 1]);
  await site.pool.query('delete from events');
  const refused = await importing(one, two, '--create-events', '--create-experiment', 'Both');
  expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining('--atomic')]);
  expect((await importing(one, two, '--create-events', '--create-experiment', 'Both', '--atomic')).code).toBe(0);
  expect([await count('datapoints'), await count('events')]).toEqual([2, 1]);
  const { rows } = await site.pool.query('select min_value, max_value from events');
  expect(rows).toEqual([{ min_value: 0.9, max_value: 2.1 }]);
});

test('what cannot be created is refused, and nothing is imported', async () => {
  const path = file('refused.csv', 'timestamp,T\n2026-01-01T00:00:00Z,1\n');
  const { name } = await anExperiment(site, { owner: admin });
  expect((await importing(path, '--create-events', '--create-experiment', name)).code).toBe(4);
  expect((await importing(path, '--create-experiment', 'New', '--experiment', name)).code).toBe(2);
  expect((await importing(path, '--min', '0')).stderr).toContain('--create-events');
  expect((await importing(path, '--create-events', '--min', '5', '--max', '1')).stderr).toContain('must be less than');
  expect((await importing(path, '--create-events', '--as', 'nobody')).code).toBe(3);
  const unknown = await importing(path);
  expect([unknown.code, unknown.stderr]).toEqual([2, expect.stringContaining('--create-events')]);
  expect([await count('datapoints'), await count('events')]).toEqual([0, 0]);
});

test('the owner is the user of --as', async () => {
  const { username: other, publicId } = await aUser(site);
  expect(other).not.toBe(username);
  const path = file('owned.csv', 'timestamp,T\n2026-01-01T00:00:00Z,1\n');
  expect((await importing(path, '--create-events', '--as', other)).code).toBe(0);
  expect((await site.pool.query('select user_public_id as owner from events')).rows).toEqual([{ owner: publicId }]);
});
