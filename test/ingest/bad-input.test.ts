import { PassThrough, Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ConflictError, InvalidInputError } from '../../src/errors.ts';
import { aLaboratory, brief, count, importText, type Laboratory } from './recording.ts';

let laboratory: Laboratory;
beforeAll(async () => {
  laboratory = await aLaboratory();
});
afterAll(() => laboratory[Symbol.asyncDispose]());
beforeEach(() => laboratory.pool.query('truncate datapoints'));

const HEADER = 'timestamp,event,value';
const GOOD = '2026-01-01T00:00:00Z,temperature,1';

describe('bad lines', () => {
  test('are listed with their numbers, also after line ends in quotes', async () => {
    const file = [HEADER, '2026-01-01T00:00:00Z,"two\nlines",1', '', GOOD, 'yesterday,temperature,1', GOOD].join('\n');
    await expect(importText(laboratory, file)).rejects.toThrow(
      '1 bad line; nothing was imported.\n  line 6: "yesterday"',
    );
    expect(await count(laboratory)).toBe(0);
  });

  test('of one kind are listed together, and ten are enough, but for unknown events', async () => {
    const values = [...Array(30).keys()].map((index) => `2026-01-01T00:00:00Z,temperature,${index < 3 ? 'x' : 'y'}`);
    await expect(importText(laboratory, [HEADER, ...values].join('\n'))).rejects.toThrow(
      '10 bad lines so far; nothing was imported.\n' +
        '  lines 2, 3, 4: "x" is not a valid number\n' +
        '  lines 5, 6, 7, 8, 9, 10, 11: "y" is not a valid number',
    );
    const lines = Array.from({ length: 30 }, (_, index) => `2026-01-01T00:00:00Z,${index < 3 ? 'presure' : 'x'},1`);
    await expect(importText(laboratory, [HEADER, ...lines].join('\n'))).rejects.toThrow(
      '30 bad lines; nothing was imported.\n' +
        '  lines 2, 3, 4: no event "presure" (did you mean "pressure"?)\n' +
        '  lines 5, 6, 7, 8, 9, 10, 11, 12, 13, 14 and 17 more: no event "x"',
    );
  });

  test.each([
    ['too few columns', '2026-01-01T00:00:00Z,temperature', 'expected 3 columns, found 2'],
    ['too many columns', `${GOOD},5`, 'expected 3 columns, found 4'],
    ['no event', '2026-01-01T00:00:00Z,,1', 'the event is missing'],
    ['no timestamp', ',temperature,1', 'the timestamp is missing'],
    ['no offset', '2026-01-01T00:00:00,temperature,1', 'pass --timezone, such as --timezone UTC'],
    ['a year before all history', '4715-01-01 00:00:00+00 BC,temperature,1', 'is before 4713 BC or after 294276'],
    ['a year after all future', '294277-01-01 00:00:00+00,temperature,1', 'is before 4713 BC or after 294276'],
    ['a mistyped year', '20266-01-01 00:00:00,temperature,1', 'is not a timestamp in ISO 8601'],
    ['a day that 1 BC did not have', '0002-02-29 00:00:00+00 BC,temperature,1', 'does not exist in the calendar'],
    [
      'thousands or a decimal comma',
      '2026-01-01T00:00:00Z,temperature,"12,500"',
      'pass --thousands , and for a decimal',
    ],
    ['a value beyond doubles', '2026-01-01T00:00:00Z,temperature,1e400', 'too large'],
    ['a NUL byte', '2026-01-01T00:00:00Z,temper\0ature,1', 'it contains NUL bytes'],
    [
      'a block of NUL bytes',
      `${'\0'.repeat(4096)}${GOOD}`,
      /line 3: it contains NUL bytes, as a power failure leaves them$/,
    ],
    ['the end of COPY data', '\\.', 'expected 3 columns, found 1'],
    ['SQL', "2026-01-01T00:00:00Z,'); drop table datapoints; --,1", 'no event'],
    ['COPY escapes', '2026-01-01T00:00:00Z,temperature,\\N', '"\\\\N" is not a valid number'],
    ['terminal controls', '2026-01-01T00:00:00Z,\u001b]0;x\u0007\u009b,1', '"\\x1b]0;x\\x07\\x9b"'],
    ['a quote inside a field', '2026-01-01T00:00:00Z,temp"erature,1', 'misplaced quote'],
    ['text after a quote', '2026-01-01T00:00:00Z,"temperature"x,1', 'misplaced quote'],
    ['an open quote', '2026-01-01T00:00:00Z,"temperature,1', 'unterminated quoted field'],
  ])('%s', async (_what, line, problem) => {
    const refused = importText(laboratory, [HEADER, GOOD, line, GOOD].join('\n'));
    await expect(refused).rejects.toThrow(InvalidInputError);
    await expect(refused).rejects.toThrow(`1 bad line; nothing was imported.\n  line 3: `);
    await expect(refused).rejects.toThrow(problem);
    expect(await count(laboratory)).toBe(0);
  });
});

describe('rejected lines', () => {
  const REJECTED = 'rejected_line,rejected_column,rejected_reason';

  async function importRejecting(lines: string[], maxBad = 1): Promise<[string, { rows: number; bad: number }]> {
    const rejects = new PassThrough();
    const written = text(rejects);
    const summary = await importText(laboratory, lines.join('\n'), { skipBad: rejects, maxBad, onDuplicate: 'keep' });
    rejects.end();
    return [await written, summary];
  }

  test('are written with the reasons, below the header, and the others are imported', async () => {
    const bad = ['oops', '2026-02-30T00:00:00Z,temperature, 1\r', '"2026-01-01T00:00:00Z","no\nsuch",1'];
    const lines = [`${HEADER}\r`, GOOD, bad[0] ?? '', bad[1] ?? '', GOOD, bad[2] ?? '', GOOD];
    const [rejected, summary] = await importRejecting(lines);
    expect(summary).toMatchObject({ rows: 3, bad: 3 });
    expect(rejected.split('\n')).toEqual([
      `${HEADER},${REJECTED}`,
      'oops,3,,"expected 3 columns, found 1"',
      '2026-02-30T00:00:00Z,temperature, 1,4,,"""2026-02-30T00:00:00Z"" does not exist in the calendar or on the clock"',
      '"2026-01-01T00:00:00Z","no',
      'such",1,6,,"no event ""no\\nsuch"""',
      '',
    ]);
    expect(await count(laboratory)).toBe(3);
  });

  test.each([
    ['a megabyte of NUL bytes', '\0'.repeat(1 << 20)],
    ['NUL bytes until the end of a line', `${'\0'.repeat(3 << 20)}${GOOD}`],
    ['a line cut off by NUL bytes', `2026-01-01T00:${'\0'.repeat(3 << 20)}`],
  ])('may be %s, of which 4096 are written', async (_what, line) => {
    const [rejected, summary] = await importRejecting([HEADER, GOOD, line, GOOD]);
    expect(summary).toMatchObject({ rows: 2, bad: 1 });
    const [header, written] = rejected.split('\n');
    expect(header).toBe(`${HEADER},${REJECTED}`);
    expect(written).toContain(`${line.replace(/\0+/, '\0'.repeat(4096))},3,,`);
    await laboratory.pool.query('truncate datapoints');
    expect(await importRejecting([HEADER, GOOD, line])).toEqual([
      rejected,
      expect.objectContaining({ rows: 1, bad: 1 }),
    ]);
  });

  test('are only the lines with the stray quote', async () => {
    const stray = '2026-01-01T00:00:00Z,"temperature,1';
    const many = Array.from(
      { length: 1000 },
      (_, second) => `2026-01-01T00:00:00.${String(second).padStart(3, '0')}Z,pressure,2`,
    );
    const [rejected, summary] = await importRejecting([HEADER, stray, ...many, stray, stray, GOOD], 0.01);
    expect(summary).toMatchObject({ rows: 1001, bad: 3 });
    const why = (line: number) => `${stray},${line},,unterminated quoted field`;
    expect(rejected).toBe(`${[`${HEADER},${REJECTED}`, why(2), why(1003), why(1004)].join('\n')}\n`);
  });

  test('are written in pieces, not one by one', async () => {
    let writes = 0;
    const skipBad = new Writable({ write: (_chunk, _encoding, done) => done(void writes++) });
    const lines = [HEADER, GOOD, ...Array(20_000).fill('oops'), GOOD].join('\n');
    const summary = await importText(laboratory, lines, { skipBad, maxBad: 1, onDuplicate: 'keep' });
    expect([summary.bad, writes < 40]).toEqual([20_000, true]);
  });

  test('of a wide file are the bad cells only, with the time, and can be imported when corrected', async () => {
    const header = 'timestamp,temperature,pressure,"a,b"';
    const lines = [header, '2026-01-01T00:00:00Z,1,x,3', '2026-01-01T00:00:01Z,4,5,6'];
    const [rejected, summary] = await importRejecting(lines);
    expect(summary).toMatchObject({ rows: 5, bad: 1 });
    const cell = '2026-01-01T00:00:00Z,,x,,2,pressure,"""x"" is not a valid number"';
    expect(rejected).toBe(`${header},${REJECTED}\n${cell}\n`);
    expect(await importText(laboratory, rejected.replace(',x,', ',2,'))).toMatchObject({ rows: 1, bad: 0 });
    expect(await count(laboratory)).toBe(6);
  });

  test('may be none, but not all, and not more than a share', async () => {
    expect(await importRejecting([HEADER, GOOD])).toEqual(['', expect.objectContaining({ rows: 1, bad: 0 })]);
    await laboratory.pool.query('truncate datapoints');
    await expect(importRejecting([HEADER, 'x', 'y'])).rejects.toThrow(/^2 of 2 values \(100 %\) were rejected/);
    const lines = [HEADER, ...Array(8).fill(GOOD), 'x', GOOD];
    await expect(importRejecting(lines, 0.09)).rejects.toThrow(
      '1 of 10 values (10 %) were rejected, and nothing was imported: at most 9 % may be.\n' +
        '  1 × wrong number of columns, such as line 10: expected 3 columns, found 1',
    );
    expect(await importRejecting(lines, 0.1)).toMatchObject([expect.anything(), { rows: 9, bad: 1 }]);
  });

  test('fail the import if they cannot be written', async () => {
    const full = new Writable({ write: (_chunk, _encoding, done) => done(new Error('no space left')) });
    const lines = [HEADER, ...Array.from({ length: 10_000 }, () => `x\n${GOOD}`)];
    await expect(importText(laboratory, lines.join('\n'), { skipBad: full, maxBad: 1 })).rejects.toThrow(
      'no space left',
    );
    expect(await count(laboratory)).toBe(0);
  });
});

describe('a whole file is refused', () => {
  test.each<[string, Buffer, RegExp]>([
    ['when empty', Buffer.alloc(0), /The file is empty/],
    ['when blank', Buffer.from('\n\r\n  \n'), /The file is empty/],
    ['in xz', Buffer.from('fd377a585a000004', 'hex'), /compressed with xz, not CSV.*/],
    ['in bzip2', Buffer.from('BZh91AY&SY'), /compressed with bzip2/],
    ['in 7z', Buffer.from('377abcaf271c0004', 'hex'), /a 7z archive/],
    ['in RAR', Buffer.from('Rar!\x1a\x07\x01\0'), /a RAR archive/],
    ['in Parquet', Buffer.from('PAR1\x15\x04'), /a Parquet file/],
    ['of old Excel', Buffer.from('d0cf11e0a1b11ae1', 'hex'), /an old Excel workbook/],
    ['of Excel', Buffer.from('PK\x03\x04\x14\0\x06\0\x08\0[Content_Types].xml'), /an Excel workbook/],
    ['in a ZIP archive', Buffer.from('PK\x03\x04\x14\0run.csv'), /a ZIP archive/],
    ['in Latin-1', Buffer.from(`${HEADER}\n2026-01-01T00:00:00Z,Dr\xfcck,1\n`, 'latin1'), /Line 2 is not UTF-8/],
    ['truncated within a character', Buffer.from(`${HEADER}\n${GOOD}\nä`).subarray(0, -1), /in line 3\./],
    ['when compressed', Buffer.from([0x1f, 0x8b, 8, 0]), /compressed with gzip/],
    ['with a line that never ends', Buffer.alloc(3_000_000, 'x'), /Line 1 has more than 1048576 characters/],
    [
      'with a later line that never ends',
      Buffer.concat([Buffer.from(`${HEADER}\n`), Buffer.alloc(3_000_000, 'x')]),
      /Line 2 has/,
    ],
  ])('%s', async (_what, bytes, message) => {
    const refused = importText(laboratory, [bytes]);
    await expect(refused).rejects.toThrow(InvalidInputError);
    await expect(refused).rejects.toThrow(message);
  });
});

describe('a request is refused', () => {
  test.each(['Mars/Olympus', '+16:00', 'UTC+1', 'IST', "UTC'; select 1", ''])(
    'with the time zone "%s"',
    async (timezone) => {
      await expect(importText(laboratory, HEADER, { timezone })).rejects.toThrow('unknown time zone');
    },
  );

  test('with an encoding that has no decoder', async () => {
    const refused = importText(laboratory, HEADER, { encoding: 'cp850' });
    await expect(refused).rejects.toThrow('Unknown encoding "cp850".');
  });

  test.each(['', ',,', '"', '\n'])('with the delimiter %j', async (delimiter) => {
    await expect(importText(laboratory, HEADER, { delimiter })).rejects.toThrow('The delimiter must be one character');
  });

  test('with an experiment that was deleted', async () => {
    const refused = importText(laboratory, `${HEADER}\n${GOOD}`, { experimentPublicId: 'gone\t\\.' });
    await expect(refused).rejects.toThrow(ConflictError);
    await expect(refused).rejects.toThrow('no longer exists');
  });

  test('with an event that was deleted in the meantime', async () => {
    const ghost = { publicId: 'ghost', name: 'ghost' };
    const refused = importText(laboratory, `${HEADER}\n2026-01-01T00:00:00Z,ghost,1`, { events: [ghost] });
    await expect(refused).rejects.toThrow(ConflictError);
  });
});

describe('local time', () => {
  test('is that of the zone asked for, with its summer time', async () => {
    const lines = ['2026-01-01 00:00:00', '2026-07-01 00:00:00', '2026-07-01 00:00:00Z'];
    const file = ['timestamp,event,value', ...lines.map((line) => `${line},temperature,1`)].join('\n');
    const summary = await importText(laboratory, file, { timezone: 'Europe/Berlin' });
    expect(summary).toMatchObject({ first: '2025-12-31T23:00:00+00:00', last: '2026-07-01T00:00:00+00:00' });
    expect(await brief(laboratory)).toEqual([
      'temperature 1 2025-12-31 23:00:00',
      'temperature 1 2026-06-30 22:00:00',
      'temperature 1 2026-07-01 00:00:00',
    ]);
  });

  test.each([
    ['+01:00', '2025-12-31 23:00:00'],
    ['-0330', '2026-01-01 03:30:00'],
    ['Z', '2026-01-01 00:00:00'],
    ['Etc/GMT+1', '2026-01-01 01:00:00'],
  ])('may be that of %s', async (timezone, utc) => {
    await importText(laboratory, 'timestamp,event,value\n2026-01-01 00:00:00,temperature,1', { timezone });
    expect(await brief(laboratory)).toEqual([`temperature 1 ${utc}`]);
  });

  test('leaves the connection in its own time zone', async () => {
    await importText(laboratory, `timestamp,event,value\n${GOOD}`, { timezone: 'Asia/Tokyo' });
    const { rows } = await laboratory.pool.query("select current_setting('timezone') as zone");
    expect(rows).not.toEqual([{ zone: 'Asia/Tokyo' }]);
  });
});
