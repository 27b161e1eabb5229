import { once } from 'node:events';
import { linkSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { temporaryDirectory } from '../support/program.ts';
import { anEvent, anExperiment, aSite, datapoints } from '../support/site.ts';
import { until } from '../support/until.ts';

const site = await aSite();
afterAll(() => site[Symbol.asyncDispose]());

async function rowsOf(event: string): Promise<number> {
  const { rowCount } = await site.pool.query('select from datapoints where event_public_id = $1', [event]);
  return rowCount ?? 0;
}

describe('datapoints import', () => {
  test('reads CSV from standard input and reports the number of rows and the time range', async () => {
    const event = await anEvent(site);
    const input = `timestamp,event,value\n2026-01-01 01:00:00,${event.name},1.5\n2026-01-01 02:00:00,${event.name},2\n`;
    const { code, stdout } = await site.run('datapoints import - --timezone Europe/Berlin --json', { input });
    expect([code, JSON.parse(stdout)]).toEqual([
      0,
      expect.objectContaining({
        rows: 2,
        bad: 0,
        first: '2026-01-01T00:00:00+00:00',
        last: '2026-01-01T01:00:00+00:00',
      }),
    ]);
  });

  test('takes the time zone from the settings of the program, but not from TZ', async () => {
    const event = await anEvent(site);
    const input = `timestamp,event,value\n2026-01-01 01:00:00,${event.name},1\n`;
    const refused = await site.run('datapoints import -', { input, env: { TZ: 'Europe/Berlin' } });
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining('pass --timezone')]);
    const env = { WEBMACS_TIMEZONE: 'Etc/GMT+1', TZ: 'Europe/Berlin' };
    const { code, stderr } = await site.run('datapoints import -', { input, env });
    expect([code, stderr]).toEqual([0, expect.stringContaining('Etc/GMT+1 is UTC-1.')]);
    expect(stderr).toContain('from 2026-01-01T02:00:00+00:00');
    const unknown = await site.run('datapoints import -', { input, env: { WEBMACS_TIMEZONE: 'Nowhere' } });
    expect([unknown.code, unknown.stderr]).toEqual([2, expect.stringContaining('WEBMACS_TIMEZONE: unknown time zone')]);
  });

  test('refuses an unknown time zone of the configuration file by the name of the file', async () => {
    using folder = temporaryDirectory();
    const WEBMACS_CONFIG = join(folder.path, 'config.json');
    writeFileSync(WEBMACS_CONFIG, '{ "timezone": "Nowhere" }');
    for (const words of ['list --from today', 'import -']) {
      const { code, stderr } = await site.run(`datapoints ${words}`, { env: { WEBMACS_CONFIG } });
      expect([code, stderr]).toEqual([2, expect.stringContaining(`${WEBMACS_CONFIG}: unknown time zone "Nowhere".`)]);
    }
  });

  test('reads back what an export wrote, once only', async () => {
    const event = await anEvent(site);
    const experiment = await anExperiment(site);
    await datapoints(site, 3, { event: event.publicId, experiment: experiment.publicId });
    const { stdout } = await site.run(['experiments', 'export', experiment.name, '-o', '-']);
    await site.pool.query('delete from datapoints where event_public_id = $1', [event.publicId]);
    const words = ['datapoints', 'import', '-', '--experiment', experiment.name];
    expect((await site.run(words, { input: stdout })).code).toBe(0);
    expect((await site.run(words, { input: stdout })).code).toBe(4);
    expect((await site.run(['experiments', 'export', experiment.name, '-o', '-'])).stdout).toBe(stdout);
  });

  test('with --new-ids judges an export by event and time, as its hint says', async () => {
    const event = await anEvent(site);
    const experiment = await anExperiment(site);
    await datapoints(site, 3, { event: event.publicId, experiment: experiment.publicId });
    const { stdout: input } = await site.run(['experiments', 'export', experiment.name, '-o', '-']);
    const words = ['datapoints', 'import', '-', '--experiment', experiment.name];
    const refused = await site.run(words, { input });
    expect([refused.code, refused.stderr]).toEqual([4, expect.stringContaining('pass --new-ids')]);
    await site.pool.query('delete from datapoints where event_public_id = $1 and value = 2', [event.publicId]);
    const { code, stderr } = await site.run([...words, '--new-ids', '--on-duplicate', 'skip'], { input });
    expect([code, stderr]).toEqual([0, expect.stringMatching(/1 datapoint imported .* 2 duplicates left out\./)]);
    expect(await rowsOf(event.publicId)).toBe(3);
  });

  test('of the same file twice is refused, and with --on-duplicate skip there is nothing new', async () => {
    const event = await anEvent(site);
    const start = Date.UTC(2026, 0, 1);
    const lines = Array.from({ length: 1000 }, (_, at) => `${new Date(start + at).toISOString()},${at}\n`);
    const input = `timestamp,value\n${lines.join('')}`;
    const words = ['datapoints', 'import', '-', '--event', event.name];
    expect((await site.run(words, { input })).code).toBe(0);
    const refused = await site.run([...words, '--json'], { input });
    expect([refused.code, JSON.parse(refused.stderr).error]).toEqual([
      4,
      expect.objectContaining({
        message: `1,000 datapoints are already in the database, by event and time; the first is "${event.name}" at 2026-01-01T00:00:00+00:00.`,
        hint: expect.stringContaining('--on-duplicate skip'),
      }),
    ]);
    const skipping = [...words, '--on-duplicate', 'skip'];
    const skipped = await site.run(skipping, { input: input.replace(',0\n', ',7\n') });
    expect([skipped.code, skipped.stderr]).toEqual([
      0,
      expect.stringContaining('Nothing to import: 0 new; 1,000 were already there; 1 of them differs in value.'),
    ]);
    expect(JSON.parse((await site.run([...skipping, '--json'], { input })).stdout)).toMatchObject({
      rows: 0,
      duplicates: { skipped: 1000, differing: 0, replaced: 0 },
      first: null,
    });
    expect(await rowsOf(event.publicId)).toBe(1000);
  });

  test('with --dry-run says what would be imported, and writes neither rows nor a file', async () => {
    using folder = temporaryDirectory();
    const event = await anEvent(site);
    const input = 'timestamp,value\n2026-01-01T00:00:00Z,1\n2026-01-01T00:00:01Z,101\nyesterdayish,2\n';
    const words = [
      'datapoints',
      'import',
      '-',
      '--event',
      event.name,
      '--skip-bad',
      join(folder.path, 'bad.csv'),
      '--max-bad',
      '50%',
    ];
    const { code, stderr } = await site.run([...words, '--dry-run'], { input });
    expect(code).toBe(0);
    expect(stderr).toContain(
      'Would import 2 datapoints, from 2026-01-01T00:00:00+00:00 to 2026-01-01T00:00:01+00:00. 1 rejected line: 1 × ',
    );
    expect(stderr).toContain(`Note: values outside the range of their event: ${event.name} (1).\n`);
    expect(stderr).not.toMatch(/imported|Undo|written/);
    expect(JSON.parse((await site.run([...words, '--dry-run', '--json'], { input })).stdout)).toMatchObject({
      dry_run: true,
      rows: 2,
      bad: 1,
      out_of_range: { [event.name]: 1 },
    });
    expect([readdirSync(folder.path), await rowsOf(event.publicId)]).toEqual([[], 0]);
  });

  test.each([
    ['|', '|'],
    ['\\t', '\t'],
  ])('with --delimiter %j uses that character', async (given, character) => {
    const event = await anEvent(site);
    const input = `timestamp${character}value\n2026-01-01T00:00:00Z${character}1,5\n`;
    const words = ['datapoints', 'import', '-', '--event', event.name, '--delimiter', given, '--decimal', ','];
    expect((await site.run(words, { input })).code).toBe(0);
    const { rows } = await site.pool.query('select value from datapoints where event_public_id = $1', [event.publicId]);
    expect(rows).toEqual([{ value: 1.5 }]);
  });

  test('reports bad lines with their numbers, and writes nothing', async () => {
    const event = await anEvent(site);
    const input = 'timestamp,value\n2026-01-01T00:00:00Z,1\nyesterdayish,2\n2026-01-01T00:00:02Z,much\n';
    const { code, stdout, stderr } = await site.run(['datapoints', 'import', '-', '--event', event.name], { input });
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/line 3: /);
    expect(stderr).toMatch(/line 4: /);
    expect(stderr).toContain('--skip-bad');
    expect(await rowsOf(event.publicId)).toBe(0);
  });

  test.each(['recording.csv', 'link.csv', '-'])(
    'refuses --skip-bad %s, which is the file itself or none',
    async (name) => {
      using folder = temporaryDirectory();
      const [file, link] = [join(folder.path, 'recording.csv'), join(folder.path, 'link.csv')];
      const content = 'timestamp,value\nyesterdayish,2\n';
      writeFileSync(file, content);
      linkSync(file, link);
      const rejects = name === '-' ? name : join(folder.path, name);
      const { code } = await site.run(['datapoints', 'import', file, '--skip-bad', rejects, '--force']);
      expect([code, readFileSync(file, 'utf8'), readdirSync(folder.path).sort()]).toEqual([
        2,
        content,
        ['link.csv', 'recording.csv'],
      ]);
    },
  );

  const REJECTED = /^timestamp,value,rejected_line,rejected_column,rejected_reason\nyesterdayish,2,3,,".*"\n$/;

  test('with --skip-bad writes rejected lines to the file and imports the others', async () => {
    using folder = temporaryDirectory();
    const event = await anEvent(site);
    const aside = join(folder.path, 'bad.csv');
    const input = 'timestamp,value\n2026-01-01T00:00:00Z,1\nyesterdayish,2\n';
    const words = ['datapoints', 'import', '-', '--event', event.name, '--skip-bad', aside, '--max-bad', '50%'];
    const { code, stderr } = await site.run(words, { input });
    expect([code, stderr]).toEqual([0, expect.stringContaining('1 rejected line written to ')]);
    expect(readFileSync(aside, 'utf8')).toMatch(REJECTED);
    expect(await rowsOf(event.publicId)).toBe(1);
  });

  test('in which every line is bad exits 2, with the reasons', async () => {
    using folder = temporaryDirectory();
    const event = await anEvent(site);
    const bad = join(folder.path, 'bad.csv');
    const words = ['datapoints', 'import', '-', '--event', event.name, '--skip-bad', bad, '--max-bad', '100'];
    const { code, stderr } = await site.run(words, { input: 'timestamp,value\nx,1\ny,2\n' });
    expect([code, stderr]).toEqual([2, expect.stringContaining('2 × not a valid time, such as line 2: "x" is not')]);
    expect(stderr).not.toContain('✓');
    expect(readdirSync(folder.path)).toEqual([]);
  });

  test('without a row is a warning', async () => {
    const event = await anEvent(site);
    const words = ['datapoints', 'import', '-', '--event', event.name];
    const { code, stderr } = await site.run(words, { input: 'timestamp,value\n' });
    expect([code, stderr]).toEqual([0, expect.stringMatching(/^warning: Nothing was imported: .*\n$/)]);
  });

  test.each<[string, number, (folder: string) => void]>([
    ['the name is taken meanwhile', 4, (folder) => writeFileSync(join(folder, 'bad.csv'), 'mine')],
    ['the folder is deleted meanwhile', 3, (folder) => rmSync(folder, { recursive: true })],
  ])('stores nothing with --skip-bad if %s', async (_what, expected, spoil) => {
    using folder = temporaryDirectory();
    const event = await anEvent(site);
    const words = [
      'datapoints',
      'import',
      '-',
      '--event',
      event.name,
      '--skip-bad',
      join(folder.path, 'bad.csv'),
      '--max-bad',
      '50',
    ];
    const child = site.start(words);
    const ended = once(child, 'close');
    await until(() => readdirSync(folder.path).length > 0);
    spoil(folder.path);
    child.stdin?.end('timestamp,value\n2026-01-01T00:00:00Z,1\nyesterdayish,2\n');
    expect([(await ended)[0], await rowsOf(event.publicId)]).toEqual([expected, 0]);
  });

  test('of a file that is not there exits 3', async () => {
    expect((await site.run('datapoints import /nowhere/a.csv')).code).toBe(3);
  });
});
