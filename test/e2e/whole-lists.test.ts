import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { afterAll, describe, expect, test } from 'vitest';
import { temporaryDirectory } from '../support/program.ts';
import { anEvent, anExperiment, aSite, aUser, datapoints } from '../support/site.ts';
import { hasTerminal, onRealTerminal, onTerminal } from '../support/terminal.ts';

const ROWS = 5000;
const site = await aSite();
const owner = (await aUser(site, { username: 'root', admin: true })).publicId;
const flow = await anEvent(site, { name: 'Air flow', unit: 'l/min', owner });
await anEvent(site, { name: '100% load_1', owner });
await anEvent(site, { name: '1000 LOADS1', unit: 'ÖL', owner });
await datapoints(site, ROWS, { event: flow.publicId });
const directory = temporaryDirectory();
afterAll(async () => {
  directory[Symbol.dispose]();
  await site[Symbol.asyncDispose]();
});

const newestFirst = Array.from({ length: ROWS }, (_, at) => ROWS - 1 - at);
const namesIn = async (line: string[]) =>
  JSON.parse((await site.run(['events', 'list', '--json', ...line])).stdout).map(({ name }: { name: string }) => name);

describe('a list in a pipe', () => {
  test.each([
    ['--json', (text: string) => JSON.parse(text)],
    [
      '--format ndjson',
      (text: string) =>
        text
          .trimEnd()
          .split('\n')
          .map((line) => JSON.parse(line)),
    ],
    ['--format csv', (text: string) => parse(text, { columns: true })],
    [
      '--columns timestamp,value',
      (text: string) =>
        text
          .trimEnd()
          .split('\n')
          .map((line) => ({ value: line.split('\t')[1] })),
    ],
  ])('has all rows: %s', async (options, rowsOf) => {
    const { stdout } = await site.run(`datapoints list ${options}`);
    expect(rowsOf(stdout).map(({ value }: { value: unknown }) => Number(value))).toEqual(newestFirst);
  });

  test('has the first rows with --limit', async () => {
    const { stdout } = await site.run('datapoints list --limit 3 --json');
    expect(JSON.parse(stdout).map(({ value }: { value: number }) => value)).toEqual([4999, 4998, 4997]);
  });

  test.each(['--limit 3 --page 1', '--limit 3 --page-size 5', '--all --limit 3', '--all --page 1'])(
    'is refused with %s',
    async (options) => expect((await site.run(`events list ${options}`)).code).toBe(2),
  );

  test('is a table if one is asked for, as wide as its cells', async () => {
    const { stdout } = await site.run('events list --format table --columns name,unit,public_id');
    expect(stdout.split('\n')).toEqual([
      expect.stringMatching(/^NAME +UNIT +PUBLIC ID$/),
      expect.stringMatching(/^100% load_1 +°C +[\da-f-]{36}$/),
      expect.any(String),
      expect.stringMatching(/^Air flow +l\/min +[\da-f-]{36}$/),
      '',
    ]);
  });

  test('has a header if one is asked for, and CSV has none without', async () => {
    const text = await site.run('events list --columns unit,name --search flow --header');
    const csv = await site.run('events list --columns unit,name --search flow --format csv --no-header');
    expect([text.stdout, csv.stdout]).toEqual(['unit\tname\nl/min\tAir flow\n', 'l/min,Air flow\n']);
    expect((await site.run('events list --json --no-header')).code).toBe(2);
  });
});

describe('the columns of a list', () => {
  test('are those that were chosen, in JSON too', async () => {
    const { stdout } = await site.run('events list --search flow --json --columns unit,name');
    expect(stdout).toBe('[{"unit":"l/min","name":"Air flow"}]\n');
  });

  test.each([
    ['users list --columns username,hashed_password', 'hashed_password', 'username, email'],
    ['users list --sort -hashed_password', 'hashed_password', 'username, email'],
    ['datapoints list --sort unit', 'unit', 'value, timestamp'],
  ])('are refused if unknown, with the others: %s', async (line, name, known) => {
    const { code, stdout, stderr } = await site.run(line);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(`unknown column "${name}"`);
    expect(stderr).toContain(known);
  });

  test.each(['user_public_id', '-min_value', 'id'])('sort it: %s', async (column) => {
    const [name, order] = column.startsWith('-') ? [column.slice(1), 'desc'] : [column, 'asc'];
    const { rows } = await site.pool.query(`select name from events order by ${name} ${order}, id ${order}`);
    const expected = rows.map((row) => row.name);
    expect(await namesIn(['--sort', column])).toEqual(expected);
    expect(await namesIn(['--sort', column, '--after', expected[0]])).toEqual(expected.slice(1));
  });

  test.each([
    ['0%', ['100% load_1']],
    ['LOAD_', ['100% load_1']],
    ['load', ['100% load_1', '1000 LOADS1']],
    ['öl', ['1000 LOADS1']],
    ['\\', []],
    [`' or true --`, []],
  ])('are searched for a text, in any case: %s', async (text, expected) => {
    expect(await namesIn(['--search', text])).toEqual(expected);
  });

  test('are not searched if none has text', async () => {
    expect(await site.run('datapoints list --search x')).toMatchObject({ code: 2, stdout: '' });
  });
});

describe('--jq', () => {
  const jq = async (program: string, ...more: string[]) => await site.run(['events', 'list', '--jq', program, ...more]);

  test('filters the whole list, and prints strings as they are', async () => {
    expect((await site.run(['datapoints', 'list', '--jq', 'length'])).stdout).toBe(`${ROWS}\n`);
    expect((await jq('.[] | select(.unit == "l/min") | .name')).stdout).toBe('Air flow\n');
    expect((await jq('.[:1]', '--columns', 'name,unit')).stdout).toBe('[{"name":"100% load_1","unit":"°C"}]\n');
    expect((await jq('empty')).stdout).toBe('');
  });

  test('filters a page with its total', async () => {
    expect((await jq('.total', '--page-size', '1')).stdout).toBe('3\n');
  });

  test.each([
    ['.[', '--jq: syntax error, unexpected end of file'],
    ['.name', 'Cannot index array with string'],
  ])('is refused if it is wrong: %s', async (program, expected) => {
    const { code, stdout, stderr } = await jq(program);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(expected);
    expect(process.exitCode).toBeUndefined();
  });

  test('is refused with a format other than JSON', async () => {
    expect(await jq('.', '--format', 'csv')).toMatchObject({ code: 2, stdout: '' });
  });
});

describe('a list on a terminal', () => {
  const env = { DATABASE_URL: site.url };
  /** A pager that keeps what it is given, and reads only the first `lines`. */
  function aPager(name: string, lines = '+1'): { path: string; text(): string } {
    const path = join(directory.path, name);
    writeFileSync(path, `#!/bin/sh\ntail -n ${lines} > '${path}.txt'\n`);
    if (lines !== '+1') {
      writeFileSync(path, `#!/bin/sh\nhead -n ${lines} > '${path}.txt'\n`);
    }
    chmodSync(path, 0o755);
    return { path, text: () => (existsSync(`${path}.txt`) ? readFileSync(`${path}.txt`, 'utf8') : '') };
  }

  test('is a page, and tells how to see all', async () => {
    const { output } = await onTerminal('datapoints list', env);
    expect(output.split('\n').length).toBe(1 + 50 + 1 + 1);
    expect(output).toContain('Page 1 of 100, 5,000 total. Next: --page 2 All: --all');
  });

  test('goes through the pager with --all, without the secrets of the program', async () => {
    const pager = aPager('all');
    const { code, output } = await onTerminal('datapoints list --all', { ...env, WEBMACS_PAGER: pager.path });
    expect([code, output]).toEqual([0, '5,000 total.\n']);
    expect(pager.text().match(/Air flow/g)?.length).toBe(ROWS);
  });

  test('ends when the pager is closed early', async () => {
    const pager = aPager('early', '3');
    const { code, output } = await onTerminal('datapoints list --all', { ...env, PAGER: pager.path });
    expect([code, output]).toEqual([0, '']);
    expect(pager.text().split('\n').length).toBe(4);
  });

  test.each([
    ['is short', 'events list --all', '3 total.'],
    ['is cut by a short limit', 'datapoints list --limit 5', '5 of 5,000. All: --all'],
    ['is not to be paged', 'datapoints list --limit 80 --no-pager', '80 of 5,000. All: --all'],
  ])('does not go through it if it %s', async (_case, line, footer) => {
    const pager = aPager('unused');
    const { output } = await onTerminal(line, { ...env, PAGER: pager.path });
    expect([pager.text(), output.trimEnd().split('\n').at(-1)]).toEqual(['', footer]);
  });

  test('is printed if there is no such pager', async () => {
    const { code, output } = await onTerminal('datapoints list --limit 80', { ...env, PAGER: '/nonexistent/less -R' });
    expect(code).toBe(0);
    expect(output.match(/Air flow/g)?.length).toBe(80);
  });

  test('as JSON has all rows, one after the other', async () => {
    const { output } = await onTerminal('events list --json --columns name,unit', env);
    expect(output).toBe(`${JSON.stringify(JSON.parse(output), undefined, 2)}\n`);
    expect(JSON.parse(output).length).toBe(3);
  });
});

test.skipIf(!hasTerminal || !existsSync('/usr/bin/less'))('Ctrl-C in a real pager is meant for the pager', async () => {
  const keys: [string, string][] = [
    [':', '\u0003'],
    [':', 'q'],
  ];
  // Other shells exit by the signal, even if the program does not.
  const env = { DATABASE_URL: site.url, SHELL: '/bin/bash' };
  const { code, output } = await onRealTerminal('datapoints list --all', env, keys);
  expect(code).toBe(0);
  expect(output).not.toContain('Interrupted');
});

test('a list of experiments sorted by a time that some lack has each once', async () => {
  const running = await anExperiment(site, { owner, running: true });
  const stopped = await anExperiment(site, { owner });
  const list = async (sort: string) =>
    (await site.run(`experiments list --columns name --sort ${sort}`)).stdout.trimEnd().split('\n');
  expect(await list('stopped_on')).toEqual([stopped.name, running.name]);
  expect(await list('-stopped_on')).toEqual([running.name, stopped.name]);
});
