import { describe, expect, test } from 'vitest';
import { InvalidInputError } from '../../../src/errors.ts';
import { EventNames } from '../../../src/ingest/event-names.ts';
import { AmbiguousFileError } from '../../../src/ingest/plan/ambiguous.ts';
import { planFor } from '../../../src/ingest/plan/plan-for.ts';
import type { ReadingOptions } from '../../../src/ingest/plan/reading-options.ts';

/** Plans the reading of lines; every name but X and Y is an event. */
function plan(lines: readonly string[], options: ReadingOptions = {}, events = EVENTS) {
  const names = new EventNames(events.map((name, at) => ({ publicId: `event-${at}`, name })));
  const { table, titles, layout, ignored, unknown, time, values } = planFor(`${lines.join('\n')}\n`, options, {
    names,
    only: undefined,
    create: undefined,
  });
  const title = (column: number | undefined) => titles[column ?? -1]?.text;
  return {
    delimiter: table.delimiter,
    line: table.header.line,
    below: table.below.length,
    rows: table.rows.length,
    units: titles.map(({ unit }) => unit),
    time: layout.time.map(title),
    format: time.format.name,
    zone: time.timezone,
    decimal: values.decimal,
    events: layout.kind === 'wide' ? layout.events.map(({ event }) => event.name) : undefined,
    long:
      layout.kind === 'long' && !('only' in layout.event) ? [layout.event.name, layout.value].map(title) : undefined,
    ignored: ignored.map(({ title, why }) => `${title} ${why}`),
    unknown: unknown.map(({ title }) => title.text),
  };
}

const EVENTS = ['T', 'P', 'Temp', 'Status', 'Record', '1', '2'];
const ROW = '2026-01-31 13:45:00,2.5';

describe('the table', () => {
  test.each<[string, string[], ReadingOptions, object]>([
    ['starts below a preamble with blank lines', ['Logger,3', '', '', 'Time,T', ROW, ROW], {}, { line: 4, rows: 2 }],
    ['starts where --header-line says', ['a,b', 'c,T', ROW, ROW], { headerLine: 2, timeColumns: ['c'] }, { line: 2 }],
    ['may have no header', [ROW, ROW], { header: 'Time,T' }, { line: 1, rows: 2, events: ['T'] }],
    ['may have a header in an own form', ['1;2,5', '2;2,5'], { header: 'Time,T', timeFormat: 'unix' }, { rows: 2 }],
    ['has units below the header', ['Time,T', 's,°C', ROW], {}, { below: 1, units: ['s', '°C'] }],
    ['has as many rows of units as --skip-after says', ['Time,T', '1,2', ROW], { skipAfter: 1 }, { below: 1, rows: 1 }],
    ['has remarks, by --comment', ['% remark', 'Time,T', '% one', ROW], { comment: '%' }, { line: 2, rows: 1 }],
    ['has remarks, if it starts with one', ['# remark', 'Time,T', ROW], {}, { line: 2, rows: 1 }],
    [
      'has the header in the last remark',
      ['# a', '# x T', '1769860800 1', '1769860801 1'],
      { timeColumns: ['x'] },
      { line: 2 },
    ],
    ['is split as sep=; says', ['sep=;', 'Time;T', '2026-01-31;2,5'], {}, { delimiter: ';', decimal: ',' }],
    [
      'is split at blanks',
      ['Time  T   P', '1769860800  1   2', '1769860801 1 2'],
      {},
      { delimiter: ' ', events: ['T', 'P'] },
    ],
    ['is split at tabs, not at the blanks in a time', ['Time\tT', '2026-01-31 13:45\t5'], {}, { delimiter: '\t' }],
    [
      'has commas in quotes and units',
      ['Time;T, l/min;P', '2026-01-31;"1,5";2,5'],
      {},
      { delimiter: ';', events: ['T', 'P'] },
    ],
    ['has a header with a line end', ['Time,"T', '(°C)"', ROW], {}, { events: ['T'], units: [undefined, '°C'] }],
    ['has columns that are numbers', ['Time,1,2', '1769860800,5,6'], {}, { events: ['1', '2'], rows: 1 }],
    [
      'is below a date that looks like a header',
      ['Date,31.01.2026', 'Date,Time,T', '31.01.2026,13:45,1'],
      {},
      { line: 2 },
    ],
    ['may have a trailing delimiter', ['Time;T;', '2026-01-31;2,5;'], {}, { events: ['T'], ignored: [] }],
  ])('%s', (_what, lines, options, expected) => {
    expect(plan(lines, options)).toMatchObject(expected);
  });

  test('with more columns than the header is refused', () => {
    expect(() => plan(['Time,T', `1,${ROW}`, `2,${ROW}`])).toThrow(
      'The rows have 3 columns, but the header, line 1, has 2.',
    );
  });

  test('without a header is refused by its first line', () => {
    expect(() => plan([ROW, ROW])).toThrow(/no header above the first row, line 1.*/);
  });

  test('with two lines that may be the header is refused with both', () => {
    const lines = ['a,T', 'b,P', ROW, ROW];
    expect(() => plan(lines)).toThrow(new AmbiguousFileError('', 'headerLine', '', []).constructor as never);
    expect(() => plan(lines)).toThrow(/--header-line '1' .*\n.*--header-line '2'/);
  });

  test('has five thousand columns', () => {
    const names = Array.from({ length: 5000 }, (_, at) => `c${at}`);
    const lines = [`Time,${names}`, `2026-01-31,${names.map(() => 1)}`];
    expect(plan(lines, {}, names).events).toHaveLength(5000);
  });
});

describe('the time', () => {
  test.each<[string, string[], ReadingOptions, object]>([
    [
      'is the column with a name for it',
      ['T,created_at', '1,2026-01-31T13:45Z'],
      {},
      { time: ['created_at'], format: 'iso' },
    ],
    ['is the only column with times', ['X,T', '2026-01-31T13:45Z,1'], {}, { time: ['X'] }],
    [
      'is a date and a clock, in any order',
      ['Time,T,Date', '13:45:00,1,31.01.2026'],
      {},
      { time: ['Date', 'Time'], format: '%d.%m.%Y %H:%M:%S' },
    ],
    ['is a compact date and a clock', ['Date,Time,T', '20260131,13:45:00,1'], {}, { format: '%Y%m%d %H:%M:%S' }],
    [
      'is what --time-column names twice',
      ['a,b,T', '2026-01-31,13:45,1'],
      { timeColumns: ['a', 'b'] },
      { time: ['a', 'b'] },
    ],
    [
      'is an instant, not another date',
      ['timestamp,Date,T', '1769860800123,2026-01-31,1'],
      {},
      { time: ['timestamp'], format: 'unix_ms' },
    ],
    ['has the offset of its unit', ['"Date Time, GMT-05:30",T', ROW], {}, { zone: '-05:30' }],
    ['has the offset of its name', ['time_utc,T', ROW], {}, { zone: 'UTC' }],
    ['has the time zone of the options first', ['"Date Time, GMT-05:30",T', ROW], { timezone: 'UTC' }, { zone: 'UTC' }],
    ['has 12 hours', ['Time,T', '1/31/26 1:45p,1'], {}, { format: '%m/%d/%y %I:%M%p' }],
    [
      'has a colon before the fraction',
      ['Time,T', '2026/01/31 13:45:00:123,1'],
      {},
      { format: '%Y/%m/%d %H:%M:%S:%f' },
    ],
    ['counts days', ['Time,T', '46023.5,1'], {}, { format: 'excel' }],
    [
      'has two digits of the year, which is not to come',
      ['Time,T', '31/01/26 13:45,1'],
      {},
      { format: '%d/%m/%y %H:%M' },
    ],
  ])('%s', (_what, lines, options, expected) => {
    expect(plan(lines, options)).toMatchObject(expected);
  });

  test.each([
    ['a number as time of day', ['Date,Time,T', '2026-01-31,1345,1']],
    ['a clock that may be something else', ['Date,Sunrise,T', '2026-01-31,06:45,1']],
    ['two times', ['Start,End,T', '2026-01-31T13:45Z,2026-01-31T13:46Z,1']],
  ])('is asked for with %s', (_what, lines) => {
    expect(() => plan(lines)).toThrow(/More than one column may hold the time:\n {2}--time-column/);
  });

  test.each([
    ['seconds since the start', ['Time (s),T', '25000,1', '25001,1']],
    ['small numbers', ['Time,T', '0,1', '1,1']],
  ])('is not guessed from %s', (_what, lines) => {
    expect(() => plan(lines)).toThrow('are numbers in an unknown unit');
  });
});

describe('the columns', () => {
  test.each<[string, string[], ReadingOptions, object]>([
    ['are events by name, whatever the case', ['Time,  TEMP ', ROW], {}, { events: ['Temp'] }],
    ['are events without their units', ['Time,"Temp, °C (S/N: 1, LBL: x)"', ROW], {}, { events: ['Temp'] }],
    [
      'are events, also with a name for flags',
      ['Time,Status,Record', `${ROW},1`],
      {},
      { events: ['Status', 'Record'], ignored: [] },
    ],
    [
      'are flags and record numbers otherwise',
      ['Time,T,Quality,RN,Alarm 101', `${ROW},1,1,0`],
      {},
      { ignored: ['Quality flag', 'RN record number', 'Alarm 101 flag'] },
    ],
    ['are gases, if they do not count', ['Time,T,NO', `${ROW},5`, `${ROW},7`, `${ROW},7`], {}, { unknown: ['NO'] }],
    [
      'are numbers of rows, if they count',
      ['No,Time,T', `1,${ROW}`, `2,${ROW}`, `3,${ROW}`],
      {},
      { ignored: ['No record number'] },
    ],
    [
      'may hold text, times and nothing',
      ['Time,T,X,Y,Z', `${ROW},a,13:45,`],
      {},
      { ignored: ['X text', 'Y time', 'Z empty'] },
    ],
    ['are mapped by name or title', ['Time,"X, °C",Y', `${ROW},2`], { map: ['x=T', 'Y=P'] }, { events: ['T', 'P'] }],
    [
      'are ignored',
      ['Time,T,X1,X2', `${ROW},1,2`],
      { ignore: ['x*'] },
      { events: ['T'], ignored: ['X1 option', 'X2 option'] },
    ],
    ['are chosen', ['Time,T,P,X', `${ROW},1,2`], { only: ['T'] }, { events: ['T'], unknown: [] }],
    ['are unknown otherwise', ['Time,T,X,Y', `${ROW},1,2`], {}, { unknown: ['X', 'Y'] }],
    ['hold event and value', ['Series;Time;Value', 'T;2026-01-31T13:45Z;1'], {}, { long: ['Series', 'Value'] }],
    [
      'hold event and value, as the options say',
      ['Time,a,b,c', '2026-01-31,x,1,y'],
      { eventColumn: 'C', valueColumn: 'b' },
      { long: ['c', 'b'], ignored: ['a not named'] },
    ],
  ])('%s', (_what, lines, options, expected) => {
    expect(plan(lines, options)).toMatchObject(expected);
  });

  test('are not those of a row per value and of a column per event at once', () => {
    expect(() => plan(['Time,Name,Value,T', '2026-01-31,ada,5,6'])).toThrow('The column "T" is an event, but');
  });

  test.each<[string, ReadingOptions, string]>([
    ['--time-column', { timeColumns: ['Tme'] }, '--time-column: the file has no column "Tme"'],
    ['--map', { map: ['Z=T'] }, '--map: the file has no column "z"'],
    ['--map to an unknown event', { map: ['T=Tmp'] }, 'unknown event "Tmp" (did you mean'],
    ['--null', { nulls: ['Z=-9999'] }, '--null "Z=-9999": unknown column'],
    ['--value-column', { valueColumn: 'Z', eventColumn: 'T' }, '--value-column: the file has no column "Z"'],
    ['--header-line', { headerLine: 9 }, 'Line 9 is empty, a comment, or beyond'],
    ['--thousands', { thousands: '.', decimal: '.' }, 'are both "."'],
  ])('of %s have to exist', (_option, options, message) => {
    expect(() => plan(['Time,T', ROW], options)).toThrow(InvalidInputError);
    expect(() => plan(['Time,T', ROW], options)).toThrow(message);
  });

  test('of one title cannot both be imported, but both be left out', () => {
    expect(() => plan(['Time,T,T', `${ROW},1`])).toThrow('same event');
    expect(plan(['Time,T,Alarm,Alarm', `${ROW},1,1`]).ignored).toEqual(['Alarm flag', 'Alarm flag']);
  });
});

describe('the decimal separator', () => {
  test.each([
    ['2,5', ','],
    ['2.5', '.'],
    ['1.234,5', ','],
    ['1,234.5', '.'],
    ['12,500', '.'],
    ['3', '.'],
  ])('of %s is %s', (value, decimal) => {
    expect(plan(['Time;T', `2026-01-31;${value}`]).decimal).toBe(decimal);
  });
});
