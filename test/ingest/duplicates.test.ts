import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { identifier } from '../../src/database/sql.ts';
import { ConflictError, DatabaseError } from '../../src/errors.ts';
import type { OnDuplicate } from '../../src/ingest/duplicates.ts';
import { importDatapoints } from '../../src/ingest/import-datapoints.ts';
import { aLaboratory, count, csv, importChecked as importText, type Laboratory } from './recording.ts';

let laboratory: Laboratory;
beforeAll(async () => {
  laboratory = await aLaboratory();
});
afterAll(() => laboratory[Symbol.asyncDispose]());
beforeEach(() => laboratory.pool.query('truncate datapoints'));

/** What is stored, as `second event value`, in order of time. */
async function all(): Promise<string[]> {
  const { rows } = await laboratory.pool.query<{ row: string }>(
    `select concat_ws(' ', extract(second from timestamp)::int, name, value) as row
       from datapoints join events on events.public_id = event_public_id order by timestamp, name, datapoints.id`,
  );
  return rows.map(({ row }) => row);
}

const FILE = csv('1 temperature 1', '1 pressure 5', '2 temperature 2', '3 temperature 3');

describe('the same file twice', () => {
  beforeEach(async () => {
    await importText(laboratory, FILE);
  });

  test('is refused, with how many there are already, and the first', async () => {
    const again = importText(laboratory, FILE);
    await expect(again).rejects.toThrow(ConflictError);
    await expect(again).rejects.toMatchObject({
      message: expect.stringMatching(
        /^4 datapoints are already in the database, .*; the first is "(temperature|pressure)" at 2026-01-01T00:00:01\+00:00\.$/,
      ),
      hint: expect.stringMatching(/^Nothing was imported\. .* pass --on-duplicate skip; .* replace\.$/),
    });
    expect(await count(laboratory)).toBe(4);
  });

  test('has nothing new to skip', async () => {
    expect(await importText(laboratory, FILE, { onDuplicate: 'skip' })).toEqual({
      rows: 0,
      skipped: 4,
      differing: 0,
      replaced: 0,
      outOfRange: {},
      first: undefined,
      last: undefined,
    });
    expect(await count(laboratory)).toBe(4);
  });

  test('is compared by statements that the server does not compile', async () => {
    await laboratory.pool.query(`create table compiled (jit text);
      create function note_jit() returns trigger language plpgsql as
        'begin insert into compiled values (current_setting(''jit'')); return null; end';
      create trigger note_jit after delete on datapoints execute function note_jit()`);
    await importText(laboratory, FILE, { onDuplicate: 'replace' });
    const { rows } = await laboratory.pool.query('select distinct jit from compiled');
    await laboratory.pool.query('drop table compiled; drop function note_jit cascade');
    expect(rows).toEqual([{ jit: 'off' }]);
  });

  test('replaces all', async () => {
    const summary = await importText(laboratory, FILE.replaceAll('temperature,', 'temperature,9'), {
      onDuplicate: 'replace',
    });
    expect(summary).toMatchObject({ rows: 4, skipped: 0, replaced: 4 });
    expect(await all()).toEqual(['1 pressure 5', '1 temperature 91', '2 temperature 92', '3 temperature 93']);
  });

  test('is not kept', async () => {
    await expect(importText(laboratory, FILE, { onDuplicate: 'keep' })).rejects.toThrow(
      '4 datapoints are already in the database',
    );
    expect(await count(laboratory)).toBe(4);
  });
});

describe('a file that overlaps with what is there', () => {
  const OVERLAPPING = csv('2 temperature 7', '3 temperature 3', '4 temperature 4', '5 temperature 5');
  beforeEach(async () => {
    await importText(laboratory, FILE);
  });

  test('brings what is new, and says what differs', async () => {
    expect(await importText(laboratory, OVERLAPPING, { onDuplicate: 'skip' })).toMatchObject({
      rows: 2,
      skipped: 2,
      differing: 1,
      first: '2026-01-01T00:00:04+00:00',
      last: '2026-01-01T00:00:05+00:00',
    });
    expect((await all()).slice(2)).toEqual([
      '2 temperature 2',
      '3 temperature 3',
      '4 temperature 4',
      '5 temperature 5',
    ]);
  });

  test('replaces only what it has', async () => {
    expect(await importText(laboratory, OVERLAPPING, { onDuplicate: 'replace' })).toMatchObject({
      rows: 4,
      replaced: 2,
    });
    expect((await all()).slice(1)).toEqual([
      '1 temperature 1',
      '2 temperature 7',
      '3 temperature 3',
      '4 temperature 4',
      '5 temperature 5',
    ]);
  });

  test.each(['error', 'skip', 'replace', 'keep'] as const)(
    'between and after the others is none (%s)',
    async (what) => {
      const between = FILE.replaceAll('Z,', '.5Z,');
      expect(await importText(laboratory, between, { onDuplicate: what })).toMatchObject({
        rows: 4,
        skipped: 0,
        replaced: 0,
      });
      const later = csv('50 temperature 1', '51 temperature 1', '50 pressure 1');
      expect(await importText(laboratory, later, { onDuplicate: what })).toMatchObject({
        rows: 3,
        skipped: 0,
        replaced: 0,
      });
      expect(await count(laboratory)).toBe(11);
    },
  );

  test('that does not rise is checked as well, and in the wide form', async () => {
    const wide =
      'timestamp,temperature,pressure\n2026-01-01T00:00:09Z,1,1\n2026-01-01T00:00:00Z,,0\n2026-01-01T00:00:03Z,1,\n';
    await expect(importText(laboratory, wide)).rejects.toThrow(
      '1 datapoint is already in the database, by event and time; the first is "temperature" at 2026-01-01T00:00:03',
    );
    expect(await importText(laboratory, wide, { onDuplicate: 'skip' })).toMatchObject({
      rows: 3,
      skipped: 1,
      differing: 1,
    });
  });
});

describe('an instant that is in the file twice', () => {
  const TWICE = csv('1 temperature 1', '1 temperature 2', '2 temperature 3', '2 temperature 3');

  test('is refused, as that', async () => {
    await expect(importText(laboratory, TWICE)).rejects.toMatchObject({
      message:
        '2 datapoints are in the file twice, by event and time; the first is "temperature" at 2026-01-01T00:00:01+00:00.',
      hint: expect.stringMatching(/pass --on-duplicate keep; .* --on-duplicate skip\.$/),
    });
    await importText(laboratory, csv('2 temperature 1'));
    await expect(importText(laboratory, TWICE)).rejects.toThrow(
      '2 datapoints are already in the database, and 1 datapoint is in the file twice',
    );
    expect(await count(laboratory)).toBe(1);
  });

  test.each([
    ['skip', { rows: 2, skipped: 2, differing: 1 }, ['1 temperature 1', '2 temperature 3']],
    ['replace', { rows: 2, skipped: 2, replaced: 0 }, ['1 temperature 2', '2 temperature 3']],
    ['keep', { rows: 4, skipped: 0 }, ['1 temperature 1', '1 temperature 2', '2 temperature 3', '2 temperature 3']],
  ] as const)('with %s', async (onDuplicate, summary, rows) => {
    expect(await importText(laboratory, TWICE, { onDuplicate })).toMatchObject(summary);
    expect(await all()).toEqual(rows);
  });

  test('that was kept differs from none of its values', async () => {
    await importText(laboratory, TWICE, { onDuplicate: 'keep' });
    expect(await importText(laboratory, TWICE, { onDuplicate: 'skip' })).toMatchObject({ skipped: 4, differing: 0 });
  });
});

test('moments without an end, and values that are none', async () => {
  const text =
    'timestamp,event,value\n-infinity,temperature,nan\n0044-03-15 12:00:00+00 BC,temperature,1\ninfinity,temperature,inf\n';
  await importText(laboratory, text);
  await expect(importText(laboratory, text)).rejects.toThrow('3 datapoints are already in the database');
  await expect(importText(laboratory, text)).rejects.toThrow('"temperature" at -infinity');
  expect(await importText(laboratory, text, { onDuplicate: 'skip' })).toMatchObject({
    rows: 0,
    skipped: 3,
    differing: 0,
  });
  expect(await importText(laboratory, text, { onDuplicate: 'replace' })).toMatchObject({ rows: 3, replaced: 3 });
});

test('rows with an id of their own are judged by it alone', async () => {
  const header = 'timestamp,event_name,value,datapoint_public_id\n';
  const own = (id: string, value = 1) => `2026-01-01T00:00:01Z,temperature,${value},${id}\n`;
  await importText(laboratory, `${header}${own('a')}${own('b')}`);
  expect(await importText(laboratory, `${header}${own('c')}`)).toMatchObject({ rows: 1 });
  await expect(importText(laboratory, `${header}${own('d')}${own('')}`)).rejects.toThrow(
    '1 datapoint is already in the database',
  );
  const summary = await importText(laboratory, `${header}${own('d')}${own('', 2)}${own('', 3)}`, {
    onDuplicate: 'skip',
  });
  expect(summary).toMatchObject({ rows: 1, skipped: 2, differing: 2 });
  expect(await importText(laboratory, `${header}${own('e')}${own('')}`, { onDuplicate: 'replace' })).toMatchObject({
    rows: 2,
    replaced: 4,
  });
});

test('each event is checked from its first row on, however many COPYs there are', async () => {
  const rows = laboratory.events
    .slice(0, 2)
    .flatMap(({ name }) => Array.from({ length: 50 }, (_, at) => `${at} ${name} 1`));
  await importText(laboratory, csv('49 pressure 1'));
  const import_ = importText(laboratory, csv(...rows), {}, { rowsPerCopy: 20 });
  await expect(import_).rejects.toThrow(
    '1 datapoint is already in the database, by event and time; the first is "pressure"',
  );
  expect(await count(laboratory)).toBe(1);
});

test('files that overlap are checked as one where they are imported together', async () => {
  const files = ['a', 'b'].map((name) => ({ name, open: async () => Readable.from([FILE]) }));
  const together = async (onDuplicate: OnDuplicate) =>
    await importDatapoints(laboratory.pool, files, { events: laboratory.events, onDuplicate });
  await expect(together('error')).rejects.toThrow('4 datapoints are in the file twice');
  expect(await together('skip')).toMatchObject({ rows: 4, duplicates: { skipped: 4 } });
});

test('a dry run says the same, and stores nothing', async () => {
  await importText(laboratory, csv('1 temperature 1'));
  const skip = { onDuplicate: 'skip' } as const;
  const beforeCommit = () => Promise.reject(new Error('to be called before a commit'));
  const dry = await importText(laboratory, FILE, skip, { dryRun: true, beforeCommit });
  expect(await count(laboratory)).toBe(1);
  expect(dry).toMatchObject({ rows: 3, skipped: 1 });
  expect(await importText(laboratory, FILE, skip)).toEqual(dry);
  await expect(importText(laboratory, FILE, {}, { dryRun: true })).rejects.toThrow(ConflictError);
});

test('values outside the range of their event are imported and counted', async () => {
  const events = laboratory.events.map((event) => ({ ...event, minValue: 0, maxValue: 5 }));
  const values = ['-0.1', '0', '5', '5.1', 'nan', 'inf', '-INF'];
  const file = csv(...values.map((value, at) => `${at} temperature ${value}`), '1 pressure 5');
  expect(await importText(laboratory, file, { events })).toMatchObject({ rows: 8, outOfRange: { temperature: 4 } });
});

test('a role that may not delete is refused to skip and to replace, by the name of the privilege', async () => {
  const role = `importer_${randomUUID()}`;
  await laboratory.pool.query(`create role ${identifier(role)} login;
    grant select, insert on all tables in schema public to ${identifier(role)};
    grant usage on all sequences in schema public to ${identifier(role)}`);
  const url = new URL(laboratory.url);
  url.username = role;
  const pool = new pg.Pool({ connectionString: url.href });
  try {
    expect(await importText({ ...laboratory, pool }, FILE)).toMatchObject({ rows: 4 });
    await expect(importText({ ...laboratory, pool }, FILE)).rejects.toThrow(ConflictError);
    for (const onDuplicate of ['skip', 'replace'] as const) {
      const refused = importText({ ...laboratory, pool }, csv('50 temperature 1'), { onDuplicate });
      await expect(refused).rejects.toThrow(DatabaseError);
      await expect(refused).rejects.toThrow(`"${role}" lacks the privilege DELETE on the table datapoints`);
    }
  } finally {
    await pool.end();
    await laboratory.pool.query(`drop owned by ${identifier(role)}; drop role ${identifier(role)}`);
  }
});

test('rows that a trigger leaves out or adds are no reason to refuse, and the others are found', async () => {
  await laboratory.pool.query(`
    create function double() returns trigger language plpgsql as $$ begin
      if new.value = 2 then return null; end if;
      if new.value = 3 then
        insert into datapoints (public_id, value, timestamp, event_public_id)
          values (new.public_id || '2', 4, new.timestamp + interval '1 ms', new.event_public_id);
      end if;
      return new; end $$;
    create trigger double before insert on datapoints for each row execute function double()`);
  try {
    await importText(laboratory, FILE);
    expect(await all()).toEqual(['1 pressure 5', '1 temperature 1', '3 temperature 3', '3 temperature 4']);
    await expect(importText(laboratory, FILE)).rejects.toThrow('3 datapoints are already in the database');
  } finally {
    await laboratory.pool.query('drop function double cascade');
  }
});
