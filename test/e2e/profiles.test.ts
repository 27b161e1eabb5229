import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { inspectFile } from '../../src/ingest/inspect/inspect-file.ts';
import { BUILT_IN } from '../../src/ingest/profiles/built-in.ts';
import { parseProfile, profileContent } from '../../src/ingest/profiles/profile.ts';
import { temporaryDirectory } from '../support/program.ts';
import { anEvent, aSite } from '../support/site.ts';

const site = await aSite();
const folder = temporaryDirectory();
afterAll(async () => {
  folder[Symbol.dispose]();
  await site[Symbol.asyncDispose]();
});
await anEvent(site, { name: 'T' });
beforeEach(() => site.pool.query('truncate datapoints'));

const env = { WEBMACS_CONFIG: join(folder.path, 'config.json'), WEBMACS_TIMEZONE: 'UTC' };
const profileFile = (name: string) => join(folder.path, 'profiles', `${name}.json`);
const run = async (...words: string[]) => await site.run(['datapoints', ...words], { env });

/** A file of which nothing tells which of the two is the month, nor whether -1 is a value. */
function aFile(name: string, day = '01'): string {
  const path = join(folder.path, name);
  writeFileSync(path, `time;T\n${day}/02/2026 00:00;1,5\n02/${day}/2026 00:00;-1\n`);
  return path;
}

const OPTIONS = ['--time-format', '%m/%d/%Y %H:%M', '--null=-1'];
const firstTime = async () =>
  (await site.pool.query('select timestamp from datapoints order by 1 limit 1')).rows[0]?.timestamp.toISOString();

test('options that are saved with one file read the next', async () => {
  const saved = await run('import', aFile('1.csv'), ...OPTIONS, '--save-profile', 'my logger');
  expect([saved.code, saved.stderr]).toEqual([0, expect.stringContaining('Profile "my logger" saved in')]);
  expect(saved.stderr).toContain("with --time-format '%m/%d/%Y %H:%M' --null=-1.");
  expect(JSON.parse(readFileSync(profileFile('my logger'), 'utf8'))).toEqual({
    version: 1,
    options: { timeFormat: '%m/%d/%Y %H:%M', nulls: ['-1'] },
  });
  await site.pool.query('truncate datapoints');
  expect((await run('import', aFile('2.csv', '03'), '--profile', 'my logger')).code).toBe(0);
  expect(await firstTime()).toBe('2026-03-02T00:00:00.000Z');
  expect((await site.pool.query('select from datapoints')).rowCount).toBe(1);
});

test('an option beside a profile prevails, and the others stay', async () => {
  const other = ['--time-format', '%d/%m/%Y %H:%M'];
  expect((await run('import', aFile('3.csv', '03'), '--profile', 'my logger', ...other)).code).toBe(0);
  expect(await firstTime()).toBe('2026-02-03T00:00:00.000Z');
  expect((await site.pool.query('select from datapoints')).rowCount).toBe(1);
});

test('a profile is replaced only with --force, and not written by a dry run or a failure', async () => {
  const again = ['import', aFile('4.csv', '04'), ...OPTIONS, '--save-profile', 'my logger'];
  expect(await run(...again)).toMatchObject({ code: 4, stderr: expect.stringContaining('already exists') });
  expect((await run('import', aFile('5.csv', '05'), ...OPTIONS, '--dry-run', '--save-profile', 'dry')).code).toBe(0);
  expect((await run('import', aFile('6.csv', '06'), '--map', 'T=none', '--save-profile', 'dry')).code).toBe(2);
  expect(existsSync(profileFile('dry'))).toBe(false);
  expect((await run(...again, '--force')).code).toBe(0);
  expect((await run('import', aFile('8.csv'), '--save-profile', '../x')).stderr).toContain(
    'cannot be the name of a profile',
  );
});

test('an inspection can save what it found, and its command then names the profile', async () => {
  const path = join(folder.path, 'found.csv');
  writeFileSync(path, 'Zeit;T\n31.01.2026 12:00:00;2,5\n');
  const { stdout } = await run('inspect', path, '--save-profile', 'found');
  expect(stdout.trimEnd()).toMatch(/ datapoints import \S+found\.csv --profile found$/);
  expect((await run('import', path, '--profile', 'found')).code).toBe(0);
  expect(await firstTime()).toBe('2026-01-31T12:00:00.000Z');
});

test('profiles are listed, shown and deleted; those that are built in are not deleted', async () => {
  const { stdout } = await run('profiles', '--json');
  expect(JSON.parse(stdout).map(({ name }: { name: string }) => name)).toEqual([
    'found',
    'grafana',
    'hobo',
    'influx',
    'my logger',
    'thingspeak',
    'toa5',
  ]);
  const shown = await run('profiles', 'show', 'my logger');
  expect(shown.stdout).toContain("--time-format '%m/%d/%Y %H:%M' --null=-1");
  expect((await run('profiles', 'delete', 'found')).code).toBe(2);
  expect((await run('profiles', 'delete', 'found', '--yes')).code).toBe(0);
  expect((await run('profiles', 'show', 'found')).code).toBe(3);
  expect((await run('profiles', 'delete', 'toa5', '--yes')).code).toBe(4);
});

test.each([
  ['{"version":2,"options":{}}', 'its version is "2", not 1'],
  ['{"version":1,"options":{},"delimiter":";"}', 'unknown field "delimiter"'],
  ['{"version":1,"options":{"delimeter":";"}}', 'unknown option "delimeter"'],
  ['{"version":1,"options":{"headerLine":"2"}}', 'option "headerLine" cannot be'],
  ['{"version":1', 'is not valid JSON'],
])('a profile file %s is refused by name', async (content, why) => {
  mkdirSync(join(folder.path, 'profiles'), { recursive: true });
  writeFileSync(profileFile('wrong'), content);
  const { code, stderr } = await run('import', aFile('7.csv'), '--profile', 'wrong');
  expect([code, stderr]).toEqual([2, expect.stringContaining(why)]);
  expect(stderr).toContain('wrong.json');
  expect((await run('profiles')).code).toBe(0);
});

const LOGGERS: Record<string, [text: string, first: string, event: string]> = {
  toa5: [
    '"TOA5","S1"\n"TIMESTAMP","RECORD","T"\n"TS","RN","C"\n"","","Avg"\n"2026-01-01 00:00:00",1,2.5\n',
    '2026-01-01T00:00:00Z',
    'T',
  ],
  hobo: [
    '"#","Date Time, GMT+02:00","T, °C","End Of File (LGR S/N: 1)"\n1,01/02/26 01:00:00 PM,2.5,\n2,02/02/26 01:00:00 PM,,Logged\n',
    '2026-01-02T11:00:00Z',
    'T',
  ],
  grafana: ['"Time","T"\n"2026-01-01 00:00:00",2.5\n"2026-01-01 00:01:00",undefined\n', '2026-01-01T00:00:00Z', 'T'],
  influx: [
    '#datatype,string,long,dateTime:RFC3339,double,string,string\n#group,false,false,false,false,true,true\n#default,_result,,,,,\n,result,table,_time,_value,_field,host\n,,0,2026-01-01T00:00:00Z,2.5,T,a\n',
    '2026-01-01T00:00:00Z',
    'T',
  ],
  thingspeak: [
    'created_at,entry_id,T,latitude,longitude,elevation,status\n2026-01-01 00:00:00 UTC,1,2.5,52.5,13.4,40,\n',
    '2026-01-01T00:00:00Z',
    'T',
  ],
};

test.each(BUILT_IN)('the profile $name reads a file of its logger, and is valid', async (profile) => {
  const { name, description, options } = profile;
  expect(parseProfile(JSON.stringify(profileContent(profile)), name)).toEqual({ description, options });
  const [text = '', utc, event] = LOGGERS[name] ?? [];
  const open = async () =>
    (async function* () {
      yield text;
    })();
  const { first, columns, series, bad } = await inspectFile(
    { open, again: open },
    { reading: options, events: [], defaultTimezone: async () => 'UTC', signal: new AbortController().signal },
  );
  const names = [...series.map((one) => one.event.name), ...columns.flatMap((one) => one.event?.name ?? [])];
  expect({ utc: first?.utc, names, bad }).toEqual({ utc, names: [event], bad: 0 });
});
