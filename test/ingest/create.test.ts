import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Database } from '../../src/database/database.ts';
import { targetFromUrl } from '../../src/database/target.ts';
import { ConflictError, InvalidInputError } from '../../src/errors.ts';
import type { CreationRequest } from '../../src/ingest/creation.ts';
import type { ImportRequest } from '../../src/ingest/import-request.ts';
import { rangeAround } from '../../src/ingest/value-range.ts';
import { aUser, columns } from '../support/site.ts';
import { until } from '../support/until.ts';
import { aLaboratory, brief, count, importText, type Laboratory } from './recording.ts';

let laboratory: Laboratory;
let database: Database;
let ownerPublicId: string;
beforeAll(async () => {
  laboratory = await aLaboratory();
  database = await Database.open(targetFromUrl(laboratory.url));
  ownerPublicId = (await aUser(laboratory)).publicId;
});
afterAll(async () => {
  await database[Symbol.asyncDispose]();
  await laboratory[Symbol.asyncDispose]();
});
beforeEach(async () => {
  await laboratory.pool.query('truncate datapoints');
  await laboratory.pool.query('delete from events where user_public_id = $1', [ownerPublicId]);
  await laboratory.pool.query('delete from experiments where user_public_id = $1', [ownerPublicId]);
});

const creating = async (
  text: string | Buffer[],
  create: Partial<CreationRequest> = { events: {} },
  more: Partial<ImportRequest> = {},
) =>
  await importText(
    laboratory,
    text,
    { timezone: 'UTC', create: { em: database.em, ownerPublicId, ...create }, ...more },
    { rowsPerCopy: 2 },
  );

async function created(): Promise<unknown[]> {
  const { rows } = await laboratory.pool.query(
    `select name, unit, min_value, max_value, ${columns.eventType} as type from events where user_public_id = $1 order by name`,
    [ownerPublicId],
  );
  return rows.map(Object.values);
}

describe('events that a file names and that do not exist', () => {
  test('are created with the unit of their column, and a range around the data', async () => {
    const { createdEvents } = await creating(
      'time,"Bed, °C",Flow (l/s),temperature\n2026-01-01T00:00:00Z,18.2,5,1\n2026-01-01T00:00:01Z,28.5,5,2\n',
    );
    expect(await created()).toEqual([
      ['Bed', '°C', 17, 30, 'sensor'],
      ['Flow', 'l/s', 4, 6, 'sensor'],
    ]);
    expect(createdEvents.map(({ name, minValue, maxValue }) => [name, minValue, maxValue])).toEqual([
      ['Bed', 17, 30],
      ['Flow', 4, 6],
    ]);
    expect(await count(laboratory)).toBe(6);
  });

  test.each([
    ['after the first part of the file', 3000, 2500],
    ['only at the start of a short file', 7, 0],
  ])('have values %s', async (_where, rows, first) => {
    const line = (row: number) => {
      const late = row === first || row === first + 1 ? row : '';
      return `${new Date(1.7e12 + row * 1000).toISOString()},1,${row},,${late},${late}\n`;
    };
    const lines = [
      'time,temperature,A,Never,New B [bar],New B [psi]\n',
      ...Array.from({ length: rows }, (_, row) => line(row)),
    ];
    const pieces = [lines.slice(0, 2400), lines.slice(2400)];
    await creating(pieces.map((piece) => Buffer.from(piece.join(''))));
    const events = (await created()) as unknown[][];
    expect(events.map((event) => event.slice(0, 2))).toEqual([
      ['A', '-'],
      ['New B [bar]', 'bar'],
      ['New B [psi]', 'psi'],
    ]);
    const [{ min_value: least, max_value: greatest } = {}] = (
      await laboratory.pool.query(`select min_value, max_value from events where name = 'New B [bar]'`)
    ).rows;
    expect(least <= first && greatest >= first + 1 && greatest - least < 10).toBe(true);
    expect(await count(laboratory)).toBe(2 * rows + 4);
  });

  test('may be the only ones, in a column that starts empty', async () => {
    const rows = ['1', '', '', ''].map((value, second) => `2026-01-01T00:00:0${second}Z,${value}\n`);
    await creating(`time,Only [V]\n${rows.join('')}`);
    expect(await created()).toEqual([['Only', 'V', 0, 2, 'sensor']]);
  });

  test('take their unit from the row below the header', async () => {
    await creating('"TIMESTAMP","RECORD","T"\n"TS","RN","C"\n"","","Avg"\n"2026-01-01 00:00:00",1,2.5\n');
    expect(await created()).toEqual([['T', 'C', 1, 4, 'sensor']]);
  });

  test('appear anywhere in the long form, with the unit of an export and the range that is given', async () => {
    const rows = Array.from({ length: 9 }, (_, at) => `2026-01-01T00:00:0${at}Z,E${at % 4},${at},V\n`);
    await creating(`timestamp,event_name,value,unit\n${rows.join('')}`, { events: { min: -10, max: 100 } });
    expect(await created()).toEqual(['E0', 'E1', 'E2', 'E3'].map((name) => [name, 'V', -10, 100, 'sensor']));
    expect(await brief(laboratory)).toHaveLength(9);
  });

  test('have a dash or the given unit where the file has none, and are one event in every case', async () => {
    const text =
      'timestamp,event,value\n2026-01-01T00:00:00Z,New,1\n2026-01-01T00:00:01Z,new ,NaN\n2026-01-01T00:00:02Z,new,2\n';
    await creating(text);
    await creating('timestamp,value\n2026-01-01T00:00:00Z,1\n', { events: { unit: 'V' } }, { newEvent: 'Other' });
    expect(await created()).toEqual([
      ['New', '-', 0.9, 2.1, 'sensor'],
      ['Other', 'V', 0, 2, 'sensor'],
    ]);
  });

  test('are named by --map, or by the whole title if its name alone is not unique', async () => {
    const text = 'time,"T, °C","Temp, °C (1)","Temp, °F (2)"\n2026-01-01T00:00:00Z,1,2,3\n';
    await creating(text, { events: {} }, { map: ['T, °C=Bed temperature'] });
    expect((await created()).map((event) => (event as unknown[]).slice(0, 2))).toEqual([
      ['Bed temperature', '°C'],
      ['Temp, °C (1)', '°C'],
      ['Temp, °F (2)', '°F'],
    ]);
  });

  test.each([
    ['the long form', `time,event,value\n2026-01-01T00:00:00Z,'=1+1,1\n2026-01-01T00:00:01Z,'-dash,2\n`],
    ['the wide form', `time,'=1+1,'-dash [x]\n2026-01-01T00:00:00Z,1,2\n`],
  ])('have no apostrophe of an export for spreadsheets: %s', async (_form, text) => {
    await creating(text);
    expect((await created()).map((event) => (event as unknown[])[0])).toEqual(['-dash', '=1+1']);
  });

  test('are not created for rows that are not imported', async () => {
    await creating('timestamp,event,value\n2026-01-01T00:00:00Z,temperature,1\n2026-01-01T00:00:01Z,Nothing,NA\n');
    expect(await created()).toEqual([]);
  });

  test('are created together with their rows, or not at all', async () => {
    const text =
      'timestamp,event,value\n2026-01-01T00:00:00Z,A,1\n2026-01-01T00:00:01Z,B,1\n2026-01-01T00:00:02Z,C,x\n';
    await expect(creating(text)).rejects.toThrow('line 4: "x" is not a valid number');
    expect([await created(), await count(laboratory)]).toEqual([[], 0]);
  });

  test.each([
    ['0198c2aa-0000-7000-8000-000000000000', 'looks like a UUID'],
    ['x'.repeat(256), 'too long'],
  ])('are refused with a name that an event cannot have: %s', async (name, problem) => {
    const wide = creating(`time,${name}\n2026-01-01T00:00:00Z,1\n`);
    await expect(wide).rejects.toThrow(InvalidInputError);
    await expect(wide).rejects.toThrow(problem);
    await expect(creating(`timestamp,event,value\n2026-01-01T00:00:00Z,${name},1\n`)).rejects.toThrow(problem);
    expect(await created()).toEqual([]);
  });

  test('are a conflict if another session creates one in the meantime', async () => {
    const other = await laboratory.pool.connect();
    await other.query('begin');
    await other.query(
      `insert into events (public_id, name, unit, min_value, max_value, ${columns.eventType}, user_public_id)
       values ($1, 'A', 'V', 0, 1, 'sensor', $2)`,
      [randomUUID(), ownerPublicId],
    );
    const result = creating('timestamp,event,value\n2026-01-01T00:00:00Z,A,1\n').catch((error: unknown) => error);
    await until(async () => {
      const { rows } = await laboratory.pool.query(`select from pg_stat_activity where wait_event = 'transactionid'`);
      return rows.length > 0;
    });
    await other.query('commit');
    other.release();
    const error = await result;
    expect(error).toBeInstanceOf(ConflictError);
    expect(String(error)).toContain('Another session has created the event "A"');
    expect(await count(laboratory)).toBe(0);
  });

  test('belong to an owner that exists', async () => {
    const text = 'timestamp,event,value\n2026-01-01T00:00:00Z,A,1\n';
    await expect(creating(text, { events: {}, ownerPublicId: 'nobody' })).rejects.toThrow(
      'user "nobody", does not exist',
    );
  });
});

describe('unknown events of the long form', () => {
  test('are all named in one message', async () => {
    const rows = Array.from({ length: 60 }, (_, at) => `2026-01-01T00:00:00Z,E${at % 30},1\n`);
    const error = await importText(laboratory, `timestamp,event,value\n${rows.join('')}`).catch((cause) => cause);
    expect(error.message).toContain('60 bad lines; nothing was imported');
    expect(error.message).toContain('lines 31, 61: no event "E29"');
    expect(error.hint).toContain('--create-events');
  });
});

describe('a new experiment', () => {
  const experiments = async () =>
    (
      await laboratory.pool.query(
        `select name, (started_on at time zone 'UTC')::text as start, (stopped_on at time zone 'UTC')::text as stop,
                (select count(*)::int from datapoints where experiment_public_id = e.public_id) as rows
           from experiments e where user_public_id = $1`,
        [ownerPublicId],
      )
    ).rows.map(Object.values);
  const text = 'time,temperature\n2026-01-01T00:00:05Z,1\n2026-01-01T00:00:01Z,2\n';

  test('has the times of its rows', async () => {
    const { createdExperiment } = await creating(text, { experiment: 'Run 7' });
    expect(createdExperiment).toMatchObject({ name: 'Run 7', startedOn: '2026-01-01T00:00:01+00:00' });
    expect(await experiments()).toEqual([['Run 7', '2026-01-01 00:00:01', '2026-01-01 00:00:05', 2]]);
  });

  test('is a conflict if the name is taken, and refused together with an existing one', async () => {
    await creating(text, { experiment: 'Run 7' });
    const again = creating(text.replaceAll(':00:0', ':01:0'), { experiment: 'Run 7', events: {} });
    await expect(again).rejects.toThrow('Experiment "Run 7" already exists.');
    const { experimentPublicId } = laboratory;
    await expect(creating(text, { experiment: 'Run 8' }, { experimentPublicId })).rejects.toThrow(InvalidInputError);
    await expect(creating(text, { experiment: ' Run 8' })).rejects.toThrow(InvalidInputError);
    expect([(await experiments()).length, await count(laboratory)]).toEqual([1, 2]);
  });
});

test.each([
  [[0, 100], {}, [-10, 110]],
  [[18.2, 28.5], {}, [17, 30]],
  [[5, 5], {}, [4, 6]],
  [[0.001, 0.0012], {}, [0.00098, 0.00122]],
  [[-3, -2], {}, [-3.1, -1.9]],
  [[1e300, 1e300], {}, [9e299, 1.1e300]],
  [[-1.7e308, 1.7e308], {}, [-Number.MAX_VALUE, Number.MAX_VALUE]],
  [[5e-324, 5e-324], {}, [-1, 1]],
  [[20, 30], { min: 0 }, [0, 31]],
  [[20, 30], { min: 100 }, [100, 101]],
])('the range around %j with %j given is %j', ([least = 0, greatest = 0], given, range) => {
  expect(rangeAround({ least, greatest }, given)).toEqual(range);
});
