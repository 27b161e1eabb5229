import { describe, expect, test } from 'vitest';
import { InvalidInputError } from '../../../src/errors.ts';
import { TimestampReader } from '../../../src/ingest/time/timestamp.ts';
import { type TimestampOptions, timestampRules } from '../../../src/ingest/time/timestamp-rules.ts';

const BERLIN = 'Europe/Berlin';

function reader(options: TimestampOptions = {}): TimestampReader {
  return new TimestampReader(timestampRules(options));
}

/** The instant as ISO 8601 in UTC, the problem, or "skip". */
function instant(read: ReturnType<TimestampReader['read']>): string {
  if (read === 'skip') {
    return read;
  }
  return 'problem' in read
    ? read.problem
    : new Date(read.microseconds / 1000).toISOString().replace(/:00\.000Z|(\.\d)00Z/, '$1Z');
}

describe('in ISO 8601', () => {
  test.each([
    ['2026-01-01T00:00:00Z', '2026-01-01T00:00:00.000Z'],
    ['2026-01-01 00:00Z', '2026-01-01T00:00:00.000Z'],
    ['2026-01-01T00:00:00.5+01', '2025-12-31T23:00:00.500Z'],
    ['2026-01-01T00:00:00.123000-0130', '2026-01-01T01:30:00.123Z'],
    ['2024-02-29T23:59:59.999000000+05:45', '2024-02-29T18:14:59.999Z'],
    ['0001-01-01T00:00Z', '0001-01-01T00:00:00.000Z'],
  ])('%s is passed on as it is', (given, moment) => {
    expect(reader().read(given)).toMatchObject({ text: given, microseconds: Date.parse(moment) * 1000 });
  });

  test.each([
    ['2026-07-01 12:00:00.5', BERLIN, '2026-07-01 12:00:00.5+02:00'],
    ['1890-01-01 12:00', BERLIN, '1890-01-01 12:00+00:53:28'],
    ['2026-07-01 12:00', '-03:30', '2026-07-01 12:00-03:30'],
    ['2026-07-01 12:00:00,25', BERLIN, '2026-07-01T10:00:00.250000Z'],
    ['2026-07-01 24:00', BERLIN, '2026-07-01T22:00:00Z'],
    ['2026-07-01T12:00:00.123456789', BERLIN, '2026-07-01T10:00:00.123457Z'],
    ['9999-12-31T23:59:59.0000006Z', 'UTC', '9999-12-31T23:59:59.000001Z'],
  ])('%s in %s becomes %s', (given, timezone, text) => {
    expect(reader({ timezone }).read(given)).toMatchObject({ text });
  });

  test.each([
    '2026-02-29T00:00:00Z',
    '2026-04-31T00:00:00Z',
    '2026-13-01T00:00:00Z',
    '2026-00-10T00:00:00Z',
    '2026-01-00T00:00:00Z',
    '0000-01-01T00:00:00Z',
    '2026-01-01T24:00:01Z',
    '2026-01-01T23:60:00Z',
    '2026-01-01T23:59:60Z',
    '2026-01-01T00:00:00+16:00',
    '2026-01-01T00:00:00+01:60',
  ])('%s does not exist', (given) => {
    expect(instant(reader().read(given))).toMatch(/does not exist/);
  });

  test.each([
    '2026-01-01',
    '20260101T000000Z',
    '01.02.2026 10:00',
    '1767225600',
    'now',
    '2026-1-1T00:00Z',
    '2026-01-01T00:00:00 Z',
  ])('%s is not, and --time-format is named', (given) => {
    expect(instant(reader().read(given))).toMatch(/not a timestamp in ISO 8601.*pass --time-format/);
  });
});

test('digits below the microsecond are rounded half up, and counted', () => {
  const timestamps = reader({ timezone: 'UTC' });
  const texts = ['.1234564999', '.1234565', '.9999995', '.123456000000', '.9999995'];
  expect(texts.map((text) => timestamps.read(`2025-12-31 23:59:59${text}`))).toMatchObject([
    { text: '2025-12-31T23:59:59.123456Z' },
    { text: '2025-12-31T23:59:59.123457Z' },
    { text: '2026-01-01T00:00:00Z' },
    { text: '2025-12-31 23:59:59.123456000000+00:00' },
    { text: '2026-01-01T00:00:00Z' },
  ]);
  expect(timestamps.counts).toEqual({ rounded: 4, shifted: 0, skipped: 0 });
});

test.each([
  [{ timeFormat: 'unix_ms' }, '1767225600123', '2026-01-01T00:00:00.123000Z'],
  [{ timeFormat: 'excel', timezone: BERLIN }, '46023.5', '2026-01-01T11:00:00Z'],
  [{ timeFormat: 'elapsed', start: '2026-01-01T00:00:00.0005+01:00' }, '-0.0006', '2025-12-31T22:59:59.999900Z'],
  [{ timeFormat: 'elapsed_h', start: '2026-01-01 00:00', timezone: BERLIN }, '1:30:00', '2026-01-01T00:30:00Z'],
  [{ timeFormat: '%d/%m/%y %H:%M %z' }, '31/01/26 12:00 -0100', '2026-01-31T13:00:00Z'],
])('with %o, %s is %s', (options, given, text) => {
  expect(reader(options).read(given)).toMatchObject({ text });
});

describe('the hour that occurs twice', () => {
  const HOUR = ['2026-10-25 02:00:00', '2026-10-25 02:30:00'];

  test('is refused by default, with what to pass', () => {
    expect(instant(reader({ timezone: BERLIN }).read(HOUR[1] ?? ''))).toBe(
      '"2026-10-25 02:30:00" occurs twice in Europe/Berlin, where the clocks change from +02:00 to +01:00: pass --ambiguous earlier, later or infer',
    );
  });

  test.each([
    ['earlier' as const, ['2026-10-25T00:00Z', '2026-10-25T00:30Z']],
    ['later' as const, ['2026-10-25T01:00Z', '2026-10-25T01:30Z']],
  ])('is the %s one on request', (ambiguous, expected) => {
    const timestamps = reader({ timezone: BERLIN, ambiguous });
    expect(HOUR.map((text) => instant(timestamps.read(text)))).toEqual(expected);
  });

  test('is inferred by the order of the rows of each key', () => {
    const timestamps = reader({ timezone: BERLIN, ambiguous: 'infer' });
    const rows = ['01:30 a', '02:00 a', '02:00 b', '02:30 a', '02:00 b', '02:00 a', '02:30 a', '03:00 a', '03:00 b'];
    const read = rows.map((row, at) => {
      const [time = '', key] = row.split(' ');
      return instant(timestamps.read(`2026-10-25 ${time}`, at + 2, key)).slice(11, 16);
    });
    timestamps.finish();
    expect(read).toEqual(['23:30', '00:00', '00:00', '00:30', '01:00', '01:00', '01:30', '02:00', '02:00']);
  });

  test.each([
    [
      'the hour is left',
      ['02:30', '02:45', '03:00'],
      'The lines 2 to 3 are in an hour that occurs twice, from "2026-10-25 02:30"',
    ],
    ['the file ends', ['01:30', '02:30'], 'Line 3 is in an hour'],
  ])('cannot be inferred if %s before a row steps back', (_what, times, message) => {
    const all = () => {
      const timestamps = reader({ timezone: BERLIN, ambiguous: 'infer' });
      for (const [at, time] of times.entries()) {
        timestamps.read(`2026-10-25 ${time}`, at + 2, 'a');
      }
      timestamps.finish();
    };
    expect(all).toThrow(InvalidInputError);
    expect(all).toThrow(message);
  });

  test.each([
    ['newest first', ['03:00', '02:30', '02:00', '02:30']],
    ['that step back twice', ['02:30', '02:00', '02:15', '02:10']],
  ])('is not inferred from rows %s', (_what, times) => {
    const timestamps = reader({ timezone: BERLIN, ambiguous: 'infer' });
    const read = times.map((time, at) => instant(timestamps.read(`2026-10-25 ${time}`, at + 2, 'a')));
    expect(read.at(-1)).toMatch(/needs the rows in the order of time/);
  });

  test('of one year does not decide that of the next', () => {
    const timestamps = reader({ timezone: BERLIN, ambiguous: 'infer' });
    timestamps.read('2026-10-25 02:30', 2);
    expect(() => timestamps.read('2027-10-31 02:30', 3)).toThrow('Line 2 is in an hour that occurs twice');
  });
});

describe('the hour that does not exist', () => {
  const SKIPPED = '2026-03-29 02:30:00';

  test('is refused by default, with what to pass', () => {
    expect(instant(reader({ timezone: BERLIN }).read(SKIPPED))).toBe(
      '"2026-03-29 02:30:00" is skipped in Europe/Berlin, where the clocks change from +01:00 to +02:00: pass --nonexistent shift or skip',
    );
  });

  test('is read with the offset before the change, or left out, and counted', () => {
    const [shifting, skipping] = (['shift', 'skip'] as const).map((nonexistent) =>
      reader({ timezone: BERLIN, nonexistent }),
    );
    expect([shifting, skipping].map((each) => each && instant(each.read(SKIPPED)))).toEqual([
      '2026-03-29T01:30Z',
      'skip',
    ]);
    expect([shifting?.counts, skipping?.counts]).toEqual([
      { rounded: 0, shifted: 1, skipped: 0 },
      { rounded: 0, shifted: 0, skipped: 1 },
    ]);
  });
});

test.each([
  [{ timeFormat: 'elapsed' }, 'The time format elapsed counts from a start.'],
  [{ start: '2026-01-01T00:00Z' }, 'A start is only for times that count from it.'],
  [{ timeFormat: 'elapsed', start: '2026-01-01 00:00' }, 'The start: the timestamp has no time zone'],
  [
    { timeFormat: 'elapsed', start: '2026-10-25 02:30', timezone: BERLIN },
    'The start: "2026-10-25 02:30" occurs twice',
  ],
  [{ timeFormat: 'elapsed', start: 'infinity' }, 'The start: "infinity" is not a time'],
  [{ ambiguous: 'both' as 'infer' }, '--ambiguous: "both" is not one of refuse, earlier, later, infer'],
])('%o is refused', (options, message) => {
  expect(() => timestampRules(options)).toThrow(message);
});

test('a thousands separator is not taken for a decimal comma', () => {
  const start = { timeFormat: 'elapsed', start: '2026-01-01T00:00Z' };
  expect(instant(reader(start).read('1,500'))).toMatch(/may have a thousands separator/);
  expect(instant(reader({ ...start, decimal: ',' }).read('1,500'))).toBe('2026-01-01T00:00:01.5Z');
});
