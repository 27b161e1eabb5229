import { parse } from 'csv-parse/sync';
import { describe, expect, test } from 'vitest';
import { uuidv7 } from '../../src/entities/uuid.ts';
import { readMeasurement } from '../../src/ingest/measurement.ts';
import { ValueReader } from '../../src/ingest/plan/values.ts';
import { RecordReader } from '../../src/ingest/records.ts';

describe('a value', () => {
  test.each([
    '1',
    '-0',
    '+.5',
    '5.',
    '1e-320',
    '1.7976931348623157e308',
    'NaN',
    '-inf',
    'Infinity',
    '0e999',
    '0.1000000000000000055511151231257827',
  ])('%s keeps its text', (given) => {
    expect(reader().read(` ${given} `)).toEqual({ text: given });
  });

  test.each([
    '',
    '1e400',
    '-1e309',
    '1e-400',
    `1${'0'.repeat(400)}`,
    '0x10',
    '1_000',
    '1 000',
    '1e',
    '.',
    '-',
    '-nan',
    'nul',
    '１',
  ])('%j is refused', (given) => {
    expect(readMeasurement(given)).toHaveProperty('problem');
  });

  test('has its decimal comma replaced, and no thousands separator', () => {
    expect(reader(',').read('-1,5e3')).toEqual({ text: '-1.5e3' });
    expect(reader(',').read('1.234,5')).toHaveProperty('problem');
    expect(reader(',').read('1,234,5')).toHaveProperty('problem');
  });
});

function reader(decimal: '.' | ',' = '.'): ValueReader {
  return new ValueReader(
    { decimal, thousands: undefined, keepNan: true, nulls: { everywhere: [], only: new Map() } },
    [],
  );
}

test('records are those of csv-parse, wherever the text is split', () => {
  const text = 'a,b,c\r\n"x, y","say ""hi""","1\n2\r\n3"\n,,\n"",é,"""\n"""\nlast,"line",\n';
  const expected = parse(text, { record_delimiter: ['\n', '\r\n'], relax_column_count: true }) as string[][];
  for (let cut = 0; cut <= text.length; cut++) {
    const reader = new RecordReader({ delimiter: ',' });
    const records = [...reader.read(text.slice(0, cut)), ...reader.read(text.slice(cut)), ...reader.end()];
    expect(records.map((record) => record.fields)).toEqual(expected);
    expect(records.map((record) => record.line)).toEqual([1, 2, 5, 6, 8]);
  }
});

test('version 7 UUIDs are unique, in order, and of the present', () => {
  const before = Date.now();
  const ids = Array.from({ length: 100_000 }, uuidv7);
  expect(ids).toEqual([...new Set(ids)].sort());
  const version7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
  expect(ids.filter((id) => !version7.test(id))).toEqual([]);
  expect(Number.parseInt((ids[0] ?? '').replaceAll('-', '').slice(0, 12), 16)).toBeGreaterThanOrEqual(before);
});
