import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { temporaryDirectory } from '../support/program.ts';
import { anEvent, aSite } from '../support/site.ts';

const site = await aSite();
afterAll(() => site[Symbol.asyncDispose]());
for (const name of ['T', 'P', 'Water level']) {
  await anEvent(site, { name });
}
const folder = temporaryDirectory();
afterAll(() => folder[Symbol.dispose]());
const at = (name: string) => join(folder.path, name);
beforeEach(() => site.pool.query('truncate datapoints'));

async function importing(lines: readonly string[], ...options: string[]) {
  return await site.run(['datapoints', 'import', '-', '--timezone', 'UTC', ...options], {
    input: `${lines.join('\n')}\n`,
  });
}

async function stored(): Promise<string[]> {
  const { rows } = await site.pool.query<{ row: string }>(
    `select concat_ws(' ', e.name, d.value, to_char(d.timestamp at time zone 'UTC', 'MM-DD HH24:MI')) as row
       from datapoints d join events e on e.public_id = d.event_public_id order by d.id`,
  );
  return rows.map(({ row }) => row);
}

const LONG = ['when,what,how much', '2026-01-31 13:45,T,1', '2026-01-31 13:45,P,2'];
const EVENT_AND_VALUE = ['--event-column', 'what', '--value-column', 'How much'];

describe('the options of an import', () => {
  test.each<[string, string[], string[], string[]]>([
    ['--header-line', ['x,y', 'a,T', '2026-01-31 13:45,1'], ['--header-line', '2'], ['T 1 01-31 13:45']],
    ['--header', ['2026-01-31 13:45,1,2'], ['--header', 'time,T,P'], ['T 1 01-31 13:45', 'P 2 01-31 13:45']],
    ['--skip-after', ['Time,T', '1,2', '2026-01-31 13:45,1'], ['--skip-after', '1'], ['T 1 01-31 13:45']],
    ['--comment', ['Time,T', '% 2026-01-31 13:44,1', '2026-01-31 13:45,1'], ['--comment', '%'], ['T 1 01-31 13:45']],
    ['--delimiter', ['Time T', '2026-01-31T13:45 1'], ['--delimiter', 'blank'], ['T 1 01-31 13:45']],
    [
      '--time-column, twice',
      ['a,T,b', '31.01.2026,1,1:45 PM'],
      ['--time-column', 'a', '--time-column', 'b'],
      ['T 1 01-31 13:45'],
    ],
    ['--time-format', ['Time,T', '01/02/2026 13:45,1'], ['--time-format', '%d/%m/%Y %H:%M'], ['T 1 02-01 13:45']],
    [
      '--start',
      ['Time,T', '0:45:00,1'],
      ['--time-format', 'elapsed', '--start', '2026-01-31 13:00'],
      ['T 1 01-31 13:45'],
    ],
    ['--map', ['Time,"Temp, °C"', '2026-01-31 13:45,1'], ['--map', 'Temp, °C=t'], ['T 1 01-31 13:45']],
    ['--ignore', ['Time,T,X', '2026-01-31 13:45,1,2'], ['--ignore', 'x*'], ['T 1 01-31 13:45']],
    ['--only', ['Time,T,P,X', '2026-01-31 13:45,1,2,3'], ['--only', 'P'], ['P 2 01-31 13:45']],
    ['--event-column and --value-column', LONG, EVENT_AND_VALUE, ['T 1 01-31 13:45', 'P 2 01-31 13:45']],
    ['--only, by the names in a column', LONG, [...EVENT_AND_VALUE, '--only', 'p'], ['P 2 01-31 13:45']],
    ['--decimal', ['Time;T', '2026-01-31 13:45;12,500'], ['--decimal', ','], ['T 12.5 01-31 13:45']],
    ['--thousands', ['Time;T', '2026-01-31 13:45;1.234,5'], ['--thousands', '.'], ['T 1234.5 01-31 13:45']],
    ['--null', ['Time,T,P', '2026-01-31 13:45,-9999,2'], ['--null', '-9999'], ['P 2 01-31 13:45']],
    [
      '--null of a column',
      ['Time,T,Water level', '2026-01-31 13:45,-200,-200.0'],
      ['--null', 'water level=-200'],
      ['T -200 01-31 13:45'],
    ],
    ['--nan keep', ['Time,T', '2026-01-31 13:45,NAN'], ['--nan', 'keep'], ['T NaN 01-31 13:45']],
  ])('%s', async (_option, lines, options, expected) => {
    const { code, stderr } = await importing(lines, ...options);
    expect([code, stderr]).toEqual([0, expect.not.stringContaining('error')]);
    expect(await stored()).toEqual(expected);
  });

  test('--encoding reads umlauts of Windows', async () => {
    await anEvent(site, { name: 'Größe' });
    writeFileSync(at('latin.csv'), Buffer.from('Time;Größe\n2026-01-31 13:45;1\n', 'latin1'));
    const { code } = await site.run(`datapoints import ${at('latin.csv')} --timezone UTC --encoding windows-1252`);
    expect([code, await stored()]).toEqual([0, ['Größe 1 01-31 13:45']]);
  });

  test('a preamble longer than the first part of a file needs --header-line', async () => {
    const preamble = Array.from({ length: 9000 }, (_, at) => `setting ${at}`);
    const { code } = await importing([...preamble, 'Time,T', '2026-01-31 13:45,1'], '--header-line', '9001');
    expect([code, await stored()]).toEqual([0, ['T 1 01-31 13:45']]);
  });

  test('what is left out is said: columns, missing values, remarks, repeated headers, and patterns without a match', async () => {
    const rows = ['2026-01-31 13:45,1,a,7', 'Time,T,Note,RN', '2026-01-31 13:46,NAN,b,8', 'Mean,1,,', 'End of data'];
    const { code, stderr } = await importing(['Time,T,Note,RN', ...rows], '--ignore', 'Temp*');
    expect(code).toBe(0);
    expect(stderr).toContain('Columns that are not imported: "Note" (text), "RN" (record number).');
    expect(stderr).toContain('Missing values: 1 × "NAN".');
    expect(stderr).toContain('1 header line within the table skipped.');
    expect(stderr).toContain('Lines below the table that are not part of it: "Mean,1,,", "End of data".');
    expect(stderr).toContain('No column or name matches "Temp*".');
  });

  test('numbers in a column that starts with text are said', async () => {
    const rows = Array.from(
      { length: 9000 },
      (_, at) => `2026-01-31 13:45:00.${at + 1000},1,${at < 8000 ? 'off' : at}`,
    );
    const { code, stderr } = await importing(['Time,T,X', ...rows]);
    expect([code, stderr]).toEqual([0, expect.stringContaining('Column "X" is text in the first part of the file')]);
    expect(stderr).toContain('1,000 numbers: pass --map "X=EVENT"');
  });

  test('below another header nothing is read, even with --skip-bad', async () => {
    const lines = ['Time,T,P', '2026-01-31 13:45,1,2', 'Time,P,T', '2026-01-31 13:46,1,2'];
    const { code, stderr } = await importing(lines, '--skip-bad', at('other.csv'));
    expect([code, stderr]).toEqual([2, expect.stringContaining('Line 3 is another header: "Time,P,T".')]);
    expect(await stored()).toEqual([]);
  });
});

describe('--skip-bad', () => {
  test('names NUL bytes as the reason, as a refusal does', async () => {
    const lines = ['Time,T', '2026-01-01,1', '\0\0\0\0', '2026-01-02,1'];
    const { stderr } = await importing(lines, '--skip-bad', at('nul.csv'), '--max-bad', '50');
    expect(stderr).toContain('1 × NUL bytes, such as line 3: it contains NUL bytes, as a power failure leaves them');
  });

  const rows = Array.from({ length: 10 }, (_, at) => `2026-01-31 13:${at + 10},${at === 3 ? 'NA?' : at},${at}`);

  test('rejects the bad cells of a line only, with line, column and reason, and the file can be imported', async () => {
    const { code, stdout, stderr } = await importing(['Time,T,P', ...rows], '--skip-bad', at('bad.csv'), '--json');
    expect([code, stderr]).toEqual([0, expect.any(String)]);
    expect(JSON.parse(stdout)).toMatchObject({
      rows: 19,
      bad: 1,
      rejections: [{ reason: 'not a valid number', count: 1 }],
    });
    const rejected = readFileSync(at('bad.csv'), 'utf8');
    expect(rejected).toMatch(
      /^Time,T,P,rejected_line,rejected_column,rejected_reason\n2026-01-31 13:13,NA\?,,5,T,".*"\n$/,
    );
    expect((await importing([rejected.trim().replace('NA?', '3')])).code).toBe(0);
    expect(await stored()).toContain('T 3 01-31 13:13');
  });

  test('stores nothing if more than --max-bad of the values are rejected', async () => {
    const options = ['--skip-bad', at('many.csv'), '--max-bad'];
    const { code, stderr } = await importing(['Time,T,P', ...rows], ...options, '4%');
    expect([code, stderr]).toEqual([2, expect.stringMatching(/1 of 20 values \(5 %\) were rejected/)]);
    expect([stderr, await stored()]).toEqual([expect.stringContaining('1 × not a valid number, such as line 5'), []]);
    expect((await importing(['Time,T,P', ...rows], ...options, '5%')).code).toBe(0);
  });
});
