import { execFileSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { wordsFor } from '../../src/commands/datapoints/reading-options.ts';
import { inspectFile } from '../../src/ingest/inspect/inspect-file.ts';
import type { Inspection } from '../../src/ingest/inspect/inspection.ts';
import { Steps } from '../../src/ingest/inspect/steps.ts';
import { AmbiguousFileError } from '../../src/ingest/plan/ambiguous.ts';
import type { ReadingOptions } from '../../src/ingest/plan/reading-options.ts';
import { shellWord } from '../../src/text/shell-word.ts';

async function inspect(file: string | Buffer, reading: ReadingOptions = {}, names: string[] = []): Promise<Inspection> {
  const open = async () =>
    (async function* () {
      yield file;
    })();
  return await inspectFile(
    { open, again: open },
    {
      reading,
      events: names.map((name) => ({ name, publicId: `id-${name}`, unit: null })),
      defaultTimezone: async () => 'Europe/Berlin',
      signal: new AbortController().signal,
    },
  );
}

const TOA5 = `"TOA5","S1"
"TIMESTAMP","RECORD","T","Status"
"TS","RN","C",""
"","","Avg",""
"2026-01-01 00:00:00",1,2.5,ok
"2026-01-01 00:01:00",2,NAN,ok
"2026-01-01 00:05:00",3,abc,ok
`;

describe('an inspection', () => {
  test('says where the table is, what its columns hold, and why some are left out', async () => {
    const { headerLine, unitLines, columns, bad, rows, values } = await inspect(TOA5, {}, ['T']);
    expect({ headerLine, unitLines, bad, rows, values }).toEqual({
      headerLine: 2,
      unitLines: 2,
      bad: 1,
      rows: 3,
      values: 1,
    });
    expect(columns.map(({ title, role, why }) => [title, role, why])).toEqual([
      ['TIMESTAMP', 'time', undefined],
      ['RECORD', 'ignored', 'record number'],
      ['T', 'values of an event', undefined],
      ['Status', 'ignored', 'text'],
    ]);
    expect(columns[2]).toMatchObject({ numbers: 1, missing: 1, texts: 1, min: 2.5, max: 2.5, unit: 'C' });
    expect(columns[2]?.event).toMatchObject({ publicId: 'id-T', near: undefined });
  });

  test('knows an event whose column starts empty', async () => {
    const { bad, columns, createsEvents, values } = await inspect(
      'time,T,New [bar]\n2026-01-01,1,7\n2026-01-02,1,\n2026-01-03,1,\n2026-01-04,1,\n',
      {},
      ['T'],
    );
    expect({ bad, createsEvents, values }).toEqual({ bad: 0, createsEvents: true, values: 5 });
    expect(columns[2]).toMatchObject({ role: 'values of an event', why: undefined, numbers: 1, unit: 'bar' });
  });

  test('says when, how often, and where the longest gap is', async () => {
    const { first, last, regularity, timezone, timezoneFrom } = await inspect(TOA5);
    expect([timezone, timezoneFrom]).toEqual(['Europe/Berlin', 'default']);
    expect(first).toMatchObject({ local: '2026-01-01T00:00:00+01:00', utc: '2025-12-31T23:00:00Z' });
    expect(last?.utc).toBe('2025-12-31T23:05:00Z');
    expect(regularity).toMatchObject({ step: 60e6, gaps: 1, longest: { length: 240e6 } });
  });

  test('counts the values of each event of a long file', async () => {
    const text =
      'entity_id,state,last_changed\nT,21.5,2026-01-01T00:00Z\nT,unavailable,2026-01-01T00:01Z\nU,x,2026-01-01T00:01Z\n';
    const { series, options, timezone } = await inspect(text, {}, ['U']);
    expect(series).toMatchObject([
      { name: 'T', numbers: 1, missing: 1, texts: 0, event: { publicId: undefined } },
      { name: 'U', numbers: 0, missing: 0, texts: 1, event: { publicId: 'id-U' } },
    ]);
    expect(timezone).toBeUndefined();
    expect(options).toEqual({ timeColumns: ['last_changed'], eventColumn: 'entity_id', valueColumn: 'state' });
  });

  test('names the event that a new one nearly is', async () => {
    const { columns, createsEvents } = await inspect('timestamp,Bed temprature\n2026-01-01T00:00Z,1\n', {}, [
      'Bed temperature',
    ]);
    expect(createsEvents).toBe(true);
    expect(columns[1]?.event).toEqual({
      name: 'Bed temprature',
      publicId: undefined,
      unit: undefined,
      near: 'Bed temperature',
    });
  });

  test('lets the order of the rows decide where the clocks repeat an hour', async () => {
    const rows = ['02:00', '02:30', '02:00'].map((time, at) => `2026-10-25 ${time}:00,${at}\n`);
    const { options, bad, last } = await inspect(`timestamp,T\n${rows.join('')}`);
    expect(options).toEqual({ timezone: 'Europe/Berlin', ambiguous: 'infer' });
    expect([bad, last?.utc]).toEqual([0, '2026-10-25T01:00:00Z']);
  });

  test('reads what is not UTF-8 as windows-1252, and says so', async () => {
    const { options, columns, notes } = await inspect(
      Buffer.from('Zeit;Temp [°C]\n31.01.2026 12:00:00;2,5\n', 'latin1'),
    );
    expect(options).toMatchObject({ encoding: 'windows-1252', delimiter: ';', decimal: ',' });
    expect(columns[1]?.unit).toBe('°C');
    expect(notes[0]).toContain('not UTF-8');
  });

  test('refuses to guess the order of day and month', async () => {
    await expect(inspect('time,T\n01/02/2026 00:00,1\n02/02/2026 00:00,2\n')).rejects.toThrow(AmbiguousFileError);
    const { first } = await inspect('time,T\n01/02/2026 00:00,1\n02/02/2026 00:00,2\n', {
      timeFormat: '%m/%d/%Y %H:%M',
    });
    expect(first?.utc).toBe('2026-01-01T23:00:00Z');
  });

  test('pins what was found, and not what a file without options has', async () => {
    expect((await inspect('timestamp,T\n2026-01-01T00:00Z,1\n')).options).toEqual({});
    expect((await inspect('Date;Time;T;\n31.01.2026;12:00:00;2,5;\n')).options).toEqual({
      delimiter: ';',
      timeColumns: ['Date', 'Time'],
      timeFormat: '%d.%m.%Y %H:%M:%S',
      timezone: 'Europe/Berlin',
      decimal: ',',
    });
    expect((await inspect('"#","Date Time, GMT+02:00","T"\n1,01/31/26 01:00:00 PM,2.5\n')).options).toEqual({
      timeColumns: ['Date Time, GMT+02:00'],
      timeFormat: '%m/%d/%y %I:%M:%S %p',
    });
  });
});

test('the median of the steps is not that of the gaps, and each event has its own', () => {
  const steps = new Steps();
  for (const [second, key] of [
    [0, 'a'],
    [0, 'b'],
    [1, 'a'],
    [1, 'b'],
    [2, 'a'],
    [60, 'b'],
    [60, 'b'],
    [59, 'b'],
  ] as const) {
    steps.add(second * 1e6, key);
  }
  expect(steps.regularity).toEqual({
    step: 1e6,
    gaps: 1,
    longest: { length: 59e6, from: 1e6 },
    repeated: 1,
    backwards: 1,
  });
});

test('a shell reads back every word, on one line', () => {
  const words = ['plain-1.csv', '', "it's", 'a b', '$(x) `y` "z" \\', 'line\nend', 'tab\tand 100 %\u200b', '°C', '*'];
  const line = words.map(shellWord).join(' ');
  expect(line).not.toMatch(/[\n\t\u200b]/);
  expect(execFileSync('sh', ['-c', `printf '%s\\0' ${line}`], { encoding: 'utf8' }).split('\0')).toEqual([
    ...words,
    '',
  ]);
});

test('every reading option has its words', () => {
  const options: ReadingOptions = {
    delimiter: '\t',
    headerLine: 2,
    timeColumns: ['a', 'b'],
    nulls: ['-9999'],
    nan: 'keep',
  };
  expect(wordsFor(options)).toEqual([
    '--delimiter',
    'tab',
    '--header-line',
    '2',
    '--time-column',
    'a',
    '--time-column',
    'b',
    '--nan',
    'keep',
    '--null=-9999',
  ]);
});
