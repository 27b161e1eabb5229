import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { anEvent, aSite, type Site } from '../support/site.ts';

let site: Site;
beforeAll(async () => {
  site = await aSite();
  await anEvent(site, { name: 'T' });
});
afterAll(() => site[Symbol.asyncDispose]());
beforeEach(() => site.pool.query('truncate datapoints'));

const importOf = async (lines: string[], ...options: string[]) =>
  await site.run(['datapoints', 'import', '-', ...options], { input: `${lines.join('\n')}\n` });

/** Each datapoint, with its time in UTC. */
async function stored(): Promise<string[]> {
  const { rows } = await site.pool.query<{ row: string }>(
    `select (timestamp at time zone 'UTC')::text || ' ' || value as row from datapoints order by id`,
  );
  return rows.map(({ row }) => row);
}

test.each([
  ['%d.%m.%Y %H:%M:%S', '31.01.2026 12:00:00', '2026-01-31 11:00:00'],
  ['%m/%d/%y %I:%M:%S %p', '01/31/26 01:00:00 PM', '2026-01-31 12:00:00'],
  ['%Y %j %H:%M', '2026 31 24:00', '2026-01-31 23:00:00'],
  ['unix_ms', '1767225600123', '2026-01-01 00:00:00.123'],
  ['excel', '46023.5', '2026-01-01 11:00:00'],
])('--time-format %s', async (format, given, expected) => {
  const { code, stderr } = await importOf(
    ['timestamp,T', `${given},5`],
    '--time-format',
    format,
    '--timezone',
    'Europe/Berlin',
  );
  expect([code, stderr]).toEqual([0, expect.stringContaining('1 datapoint imported')]);
  expect(await stored()).toEqual([`${expected} 5`]);
});

test('elapsed times count from --start', async () => {
  const options = ['--time-format', 'elapsed_ms', '--start', '2026-01-01 00:00', '--timezone', 'Europe/Berlin'];
  expect((await importOf(['timestamp;T', '-0,5;1', '0:00:01,25;2'], '--decimal', ',', ...options)).code).toBe(0);
  expect(await stored()).toEqual(['2025-12-31 22:59:59.9995 1', '2025-12-31 23:00:01.25 2']);
});

test('an unknown letter is refused by its name', async () => {
  const { code, stderr } = await importOf(['timestamp,T', '1,1'], '--time-format', '%Y-%m-%d %Q');
  expect([code, stderr]).toEqual([2, expect.stringContaining('has the unknown letter %Q')]);
});

test('nanoseconds are rounded, which the summary reports once', async () => {
  const lines = ['timestamp,T', '2026-01-01T00:00:00.123456789Z,1', '2026-01-01T00:00:01.9999999Z,2'];
  const { stderr } = await importOf(lines);
  expect(stderr).toContain('Note: 2 timestamps were rounded to the microsecond.');
  expect(await stored()).toEqual(['2026-01-01 00:00:00.123457 1', '2026-01-01 00:00:02 2']);
});

describe('the hour that occurs twice', () => {
  const lines = ['timestamp,T', '2026-10-25 02:00:00,2', '2026-10-25 02:30:00,3', '2026-10-25 02:00:00,4'];
  const berlin = ['--timezone', 'Europe/Berlin'];

  test('is refused with its lines and what to pass', async () => {
    const { code, stderr } = await importOf(lines, ...berlin);
    expect([code, stderr]).toEqual([
      2,
      expect.stringMatching(/lines 2, 4: .* pass --ambiguous earlier, later or infer/),
    ]);
    expect(await stored()).toEqual([]);
  });

  test.each([
    ['earlier', ['00:00', '00:30', '00:00']],
    ['later', ['01:00', '01:30', '01:00']],
    ['infer', ['00:00', '00:30', '01:00']],
  ])('is read by --ambiguous %s', async (how, expected) => {
    const { code } = await importOf(lines, ...berlin, '--ambiguous', how, '--on-duplicate', 'keep');
    expect([code, await stored()]).toEqual([0, expected.map((time, at) => `2026-10-25 ${time}:00 ${at + 2}`)]);
  });

  test('that never steps back fails the import', async () => {
    const { code, stderr } = await importOf(lines.slice(0, 3), ...berlin, '--ambiguous', 'infer');
    expect([code, stderr]).toEqual([2, expect.stringContaining('The lines 2 to 3 are in an hour that occurs twice')]);
    expect(await stored()).toEqual([]);
  });
});

describe('the hour that does not exist', () => {
  const lines = ['timestamp,T', '2026-03-29 01:59:00,1', '2026-03-29 02:30:00,2', '2026-03-29 03:00:00,3'];

  test('is refused with its line and what to pass', async () => {
    const { code, stderr } = await importOf(lines, '--timezone', 'Europe/Berlin');
    expect([code, stderr]).toEqual([2, expect.stringMatching(/line 3: .* pass --nonexistent shift or skip/)]);
  });

  test.each([
    ['shift', ['00:59:00 1', '01:30:00 2', '01:00:00 3'], { rows: 3, shifted: 1, skipped: 0 }],
    ['skip', ['00:59:00 1', '01:00:00 3'], { rows: 2, shifted: 0, skipped: 1 }],
  ])('is read by --nonexistent %s', async (how, expected, facts) => {
    const { stdout } = await importOf(lines, '--timezone', 'Europe/Berlin', '--nonexistent', how, '--json');
    expect(JSON.parse(stdout)).toMatchObject({ ...facts, rounded: 0, last: expect.stringContaining('2026-03-29T01:') });
    expect(await stored()).toEqual(expected.map((row) => `2026-03-29 ${row}`));
  });
});
