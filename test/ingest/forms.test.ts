import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ConflictError, InvalidInputError } from '../../src/errors.ts';
import { TimestampReader } from '../../src/ingest/time/timestamp.ts';
import { aLaboratory, brief, count, importText, type Laboratory, stored } from './recording.ts';

let laboratory: Laboratory;
beforeAll(async () => {
  laboratory = await aLaboratory();
});
afterAll(() => laboratory[Symbol.asyncDispose]());
beforeEach(() => laboratory.pool.query('truncate datapoints'));

const at = (index: number) => laboratory.events[index]?.publicId ?? '';

describe('the long form', () => {
  test('takes names and public ids of events', async () => {
    const text = `timestamp,event,value\n2026-01-01T00:00:00Z,temperature,1.5\n2026-01-01 00:00:01+01,${at(1)},-2e-3\n`;
    const summary = await importText(laboratory, text, { experimentPublicId: laboratory.experimentPublicId });
    expect(summary).toMatchObject({
      rows: 2,
      bad: 0,
      missing: 0,
      rejections: [],
      rounded: 0,
      shifted: 0,
      skipped: 0,
      first: '2025-12-31T23:00:01+00:00',
      last: '2026-01-01T00:00:00+00:00',
    });
    expect(await brief(laboratory)).toEqual([
      'temperature 1.5 2026-01-01 00:00:00',
      'pressure -0.002 2025-12-31 23:00:01',
    ]);
    expect((await stored(laboratory)).map((row) => row.experiment_public_id)).toEqual(
      Array(2).fill(laboratory.experimentPublicId),
    );
  });

  test('takes columns in any order and case, CRLF, a byte order mark, blank lines and no last line end', async () => {
    const text =
      '\ufeff Value ;EVENT; Timestamp\r\n\r\n1;temperature;2026-01-01T00:00Z\r\n;;\r\n2; pressure ;2026-01-01T00:01Z';
    expect(await importText(laboratory, text)).toMatchObject({ rows: 2, bad: 0 });
    expect(await brief(laboratory)).toEqual(['temperature 1 2026-01-01 00:00:00', 'pressure 2 2026-01-01 00:01:00']);
  });

  test('takes quoted names with quotes, delimiters and line ends in them', async () => {
    const text =
      'timestamp,event,value\n2026-01-01T00:00:00Z,"Durchfluss ""ä""",1\n2026-01-01T00:00:00Z,"two\nlines","2"\n2026-01-01T00:00:00Z,"a,b",3\n';
    await importText(laboratory, text);
    expect((await stored(laboratory)).map((row) => row.event)).toEqual(['Durchfluss "ä"', 'two\nlines', 'a,b']);
  });

  test('accepts one event for a file that names none', async () => {
    await importText(laboratory, 'timestamp,value\n2026-01-01T00:00:00Z,1\n', { eventPublicId: at(1) });
    expect(await brief(laboratory)).toEqual(['pressure 1 2026-01-01 00:00:00']);
  });

  test('detects the tab, and accepts a decimal comma', async () => {
    await importText(laboratory, 'timestamp\tevent\tvalue\n2026-01-01T00:00:00Z\ttemperature\t1,25\n', {
      decimal: ',',
    });
    expect(await brief(laboratory)).toEqual(['temperature 1.25 2026-01-01 00:00:00']);
  });

  test('reads text that is split anywhere, even within characters', async () => {
    const bytes = Buffer.from('\ufefftimestamp,event,value\r\n2026-01-01T00:00:00Z,"Durchfluss ""ä""",1\r\n');
    const pieces = Array.from(bytes, (byte) => Buffer.from([byte]));
    expect(await importText(laboratory, pieces)).toMatchObject({ rows: 1 });
  });

  test('accepts no spelling that the server reads differently', async () => {
    const values = ['+.5', '5.', '-0', '1e-320', '1.7976931348623157e308', 'nan', '-INF', 'Infinity', '0e999', '1E5'];
    const times = ['2026-01-01T00:00Z', '2024-02-29 23:59:59.999999000+0545', '0001-01-01T00:00:00-15:59'];
    const rows = times.flatMap((time) => values.map((value) => `${time},temperature,${value}`));
    await importText(laboratory, ['timestamp,event,value', ...rows].join('\n'), { onDuplicate: 'keep' });
    const { rows: back } = await laboratory.pool.query<{ value: number; microseconds: string }>(
      'select value, (extract(epoch from timestamp) * 1e6)::bigint as microseconds from datapoints order by id',
    );
    const special: Record<string, number> = { '-INF': -Infinity, nan: NaN };
    const reader = new TimestampReader();
    expect(back).toEqual(
      times.flatMap((time) =>
        values.map((value) => {
          const timestamp = reader.read(time);
          const microseconds = timestamp !== 'skip' && 'text' in timestamp ? String(timestamp.microseconds) : timestamp;
          return { value: special[value] ?? Number(value), microseconds };
        }),
      ),
    );
  });

  test('imports nothing from a header alone', async () => {
    expect(await importText(laboratory, 'timestamp,event,value')).toMatchObject({
      rows: 0,
      bad: 0,
      missing: 0,
      rejections: [],
      rounded: 0,
      shifted: 0,
      skipped: 0,
      first: undefined,
      last: undefined,
    });
  });
});

describe('an export', () => {
  const header = 'timestamp,event_name,event_public_id,value,unit,datapoint_public_id';
  const id = '01890a5d-ac96-774b-bcce-b302099a8057';

  test('keeps its public ids, and is imported only once', async () => {
    const text = `${header}\n2026-01-01T00:00:00.500000+00:00,renamed,${at(0)},1.5,C,${id}\n`;
    await importText(laboratory, text);
    expect(await stored(laboratory)).toMatchObject([{ public_id: id, event: 'temperature', value: '1.5' }]);
    const again = importText(laboratory, text);
    await expect(again).rejects.toThrow(ConflictError);
    await expect(again).rejects.toMatchObject({ conflict: { entity: 'Datapoint', column: 'public_id', value: id } });
    expect(await count(laboratory)).toBe(1);
  });

  test('is imported again with new ids on request', async () => {
    const text = `${header}\n2026-01-01T00:00:00+00:00,temperature,${at(0)},1.5,C,${id}\n`;
    await importText(laboratory, text);
    await expect(importText(laboratory, text, { newIds: true })).rejects.toThrow(
      '1 datapoint is already in the database',
    );
    expect(await importText(laboratory, text, { newIds: true, onDuplicate: 'replace' })).toMatchObject({
      duplicates: { replaced: 1 },
    });
    expect(await stored(laboratory)).not.toMatchObject([{ public_id: id }]);
    expect(await count(laboratory)).toBe(1);
  });

  test('of another database is matched by event name', async () => {
    await importText(laboratory, `${header}\n2026-01-01T00:00:00+00:00,pressure,unknown-id,1.5,C,${id}\n`);
    expect(await brief(laboratory)).toEqual(['pressure 1.5 2026-01-01 00:00:00']);
  });
});

describe('the wide form', () => {
  test('takes one column per event, and skips empty cells', async () => {
    const text = `Timestamp,TEMPERATURE,${at(1)},"a,b"\n2026-01-01T00:00:00Z,1,2,\n2026-01-01T00:00:01Z,, 3 ,nan\n`;
    expect(await importText(laboratory, text, { nan: 'keep' })).toMatchObject({ rows: 4, bad: 0 });
    expect(await brief(laboratory)).toEqual([
      'temperature 1 2026-01-01 00:00:00',
      'pressure 2 2026-01-01 00:00:00',
      'pressure 3 2026-01-01 00:00:01',
      'a,b NaN 2026-01-01 00:00:01',
    ]);
  });

  test('rejects a bad line as a whole', async () => {
    const text = 'timestamp,temperature,pressure\n2026-01-01T00:00:00Z,1,x\n';
    await expect(importText(laboratory, text)).rejects.toThrow(
      'line 2: "x" is not a valid number, in column "pressure"',
    );
    expect(await count(laboratory)).toBe(0);
  });
});

describe('a header is refused', () => {
  const refusals: [string, string, RegExp][] = [
    ['that is missing', '2026-01-01T00:00:00Z,temperature,1\n', /no header above the first row, line 1/],
    ['without a value', 'timestamp\n2026-01-01T00:00:00Z\n', /no column "value"/],
    ['with an unknown event', 'timestamp,presure,humidity\n', /"presure" \(did you mean "pressure"\?\), "humidity"/],
    ['with a column twice', 'timestamp,event,value,VALUE\n', /"value" twice/],
    ['with an event twice', 'timestamp,pressure,Pressure\n', /are the same event|twice/],
    ['with a stray quote', 'timestamp,ev"ent,value\n', /Line 1, the header: misplaced quote/],
    ['with an open quote', 'timestamp,"event,value\n', /Line 1, the header: unterminated quoted field/],
    [
      'with carriage returns and line feeds',
      'timestamp,event,value\r2026-01-01T00:00:00Z,temperature,1\n',
      /bare carriage/,
    ],
    ['with NUL bytes', 'timestamp,v\0\0\n', /UTF-16 or not text/],
    ['with terminal controls', 'timestamp,\u001b[2J,\u202e\n', /"\\x1b\[2J", "\\u202e"/],
  ];
  test.each(refusals)('%s', async (_what, text, message) => {
    const refused = importText(laboratory, text);
    await expect(refused).rejects.toThrow(InvalidInputError);
    await expect(refused).rejects.toThrow(message);
  });

  test('that names events though the caller does', async () => {
    const refused = importText(laboratory, 'timestamp,event,value\n', { eventPublicId: at(0) });
    await expect(refused).rejects.toMatchObject({ hint: 'Omit --event.' });
  });

  test('and shows what would be accepted', async () => {
    await expect(importText(laboratory, 'a,b\n')).rejects.toMatchObject({
      hint: expect.stringContaining('timestamp,event,value'),
    });
  });
});
