import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { temporaryDirectory } from '../support/program.ts';
import { anEvent, aSite } from '../support/site.ts';
import { onTerminal } from '../support/terminal.ts';

const site = await aSite();
const folder = temporaryDirectory();
afterAll(async () => {
  folder[Symbol.dispose]();
  await site[Symbol.asyncDispose]();
});
await anEvent(site, { name: 'Bed temperature', unit: '°C' });
beforeEach(() => site.pool.query('truncate datapoints'));

function aFile(name: string, text: string): string {
  const path = join(folder.path, name);
  writeFileSync(path, text);
  return path;
}

const env = { TZ: 'Europe/Berlin' };
const GERMAN = 'Zeit;Bed temperature [°C];Nr\n31.01.2026 12:00:00;2,5;1\n31.01.2026 12:01:00;3,5;2\n';

/** The words of a command line that has no quotes but single ones. */
const wordsOf = (line: string) =>
  [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare ?? '');

test('the last line is the command, and it imports the file', async () => {
  const path = aFile('german logger.csv', GERMAN);
  const { code, stdout } = await site.run(['datapoints', 'inspect', path], { env });
  expect(code).toBe(0);
  const command = stdout.trimEnd().split('\n').at(-1) ?? '';
  expect(command).toMatch(/^\S+ datapoints import '.*german logger.csv' --delimiter ';' --time-column Zeit/);
  expect(command).toMatch(/--timezone Europe\/Berlin --decimal ,$/);
  expect((await site.run(wordsOf(command).slice(1))).code).toBe(0);
  const { rows } = await site.pool.query('select value, timestamp from datapoints order by timestamp');
  expect(rows).toEqual([
    { value: 2.5, timestamp: new Date('2026-01-31T11:00:00Z') },
    { value: 3.5, timestamp: new Date('2026-01-31T11:01:00Z') },
  ]);
});

test('on a terminal, the report says it all', async () => {
  const path = aFile('report.csv', GERMAN);
  const { output } = await onTerminal(`datapoints inspect ${path}`, { ...env, NO_COLOR: '1', DATABASE_URL: site.url });
  expect(output).toContain('Europe/Berlin, that of this machine');
  expect(output).toContain('2026-01-31T12:00:00+01:00 = 2026-01-31T11:00:00Z, in the file "31.01.2026 12:00:00"');
  expect(output).toMatch(/Bed temperature \[°C\] {2}Bed temperature +2 +0 +0 +2\.5 +3\.5 +°C/);
  expect(output).toMatch(/Nr +\(not imported: record number\)/);
});

test('JSON has the options and the command', async () => {
  const { stdout } = await site.run(['datapoints', 'inspect', '-', '--json'], { env, input: GERMAN });
  expect(JSON.parse(stdout)).toMatchObject({
    file: '-',
    rows: 2,
    events_compared: true,
    creates_events: false,
    options: { delimiter: ';', decimal: ',', timezone: 'Europe/Berlin' },
    command: expect.stringContaining(' datapoints import - '),
  });
});

test('no database is needed, one that is out of reach is a note, and the embedded one is not created', async () => {
  const path = aFile('offline.csv', GERMAN);
  const data = join(folder.path, 'data');
  for (const [settings, note] of [
    [{ DATABASE_URL: 'postgresql://ada@127.0.0.1:1/webmacs' }, 'connection refused'],
    [{ DATABASE_URL: '', WEBMACS_DATA_DIR: data }, 'No database is configured'],
  ] as const) {
    const { code, stdout } = await site.run(['datapoints', 'inspect', path], { env: { ...env, ...settings } });
    expect([code, stdout]).toEqual([0, expect.stringContaining(note)]);
    expect(stdout.trimEnd()).toMatch(/--create-events$/);
  }
});

test('what is ambiguous is asked on a terminal, and else an error with the choices', async () => {
  const path = aFile('days.csv', 'time,Bed temperature\n01/02/2026 00:00,1\n02/02/2026 00:00,2\n');
  const { code, stdout, stderr } = await site.run(['datapoints', 'inspect', path], { env });
  expect([code, stdout]).toEqual([2, '']);
  expect(stderr).toContain("--time-format '%m/%d/%Y %H:%M'");
  const asked = await onTerminal(`datapoints inspect ${path}`, { ...env, DATABASE_URL: site.url }, [
    ['order of day, month', '\u001b[B\r'],
  ]);
  expect([asked.code, asked.output]).toEqual([
    0,
    expect.stringContaining("As an option: --time-format '%m/%d/%Y %H:%M'"),
  ]);
});

test('an import on a terminal asks for the order of day and month, and for the time zone', async () => {
  const path = aFile('asked.csv', 'time,Bed temperature\n01/02/2026 00:00,1\n02/02/2026 00:00,2\n');
  const { code } = await onTerminal(`datapoints import ${path}`, { ...env, DATABASE_URL: site.url }, [
    ['order of day, month', '\r'],
    ['Time zone', '\r'],
  ]);
  expect(code).toBe(0);
  const { rows } = await site.pool.query('select min(timestamp) as first from datapoints');
  expect(rows).toEqual([{ first: new Date('2026-01-31T23:00:00Z') }]);
});

test('the command keeps the event of a file that names none; an unknown one is refused', async () => {
  const path = aFile('values.csv', 'timestamp,value\n2026-01-01T00:00Z,1\n');
  const { stdout } = await site.run(['datapoints', 'inspect', path, '--event', 'Bed temperature']);
  expect(stdout.trimEnd()).toMatch(/values\.csv --event 'Bed temperature'$/);
  expect((await site.run(['datapoints', 'inspect', path, '--event', 'none'])).code).toBe(3);
});

test('bad lines, other units, names that are nearly those of events and values out of range are notes', async () => {
  const path = aFile(
    'notes.csv',
    'timestamp,Bed temperature [°F],Bed temprature\n2026-01-01T00:00Z,451,1\n2026-01-01T00:01Z,bad,2\n',
  );
  const { code, stdout } = await site.run(['datapoints', 'inspect', path]);
  expect(code).toBe(0);
  expect(stdout).toContain('add --skip-bad FILE');
  expect(stdout).toContain('is in °F, and the event "Bed temperature" in °C');
  expect(stdout).toContain("pass --map 'Bed temprature=Bed temperature'");
  expect(stdout).toContain('outside the range of their event: Bed temperature (1)');
});
