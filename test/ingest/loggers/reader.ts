import type { Form } from './logger-file.ts';

const DELIMITERS = [',', ';', '\t', '|', ' '];
const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;

/**
 * Reads a damaged file line by line, as a person who knows its form does: what it cannot read, an import must not store.
 * Returns `event microseconds value` for each reading that a line has.
 */
export function whatLinesSay(text: string, form: Form, events: readonly string[]): string[] {
  const eventOf = (given: string) => {
    const names = [form.events[given.trim()] ?? given.trim(), (given.split(/[,([]/)[0] ?? '').trim()];
    const named = events.find((event) => names.includes(event));
    return named ?? events.find((event) => names.map(plain).includes(plain(event)));
  };
  const said: string[] = [];
  let header = headerOf(form.options?.header ?? '', form, ',');
  const given = form.delimiter ?? ',';
  let delimiter: string | undefined = form.titles.length === 0 ? undefined : given;
  const lines = text.split(/\r?\n|\r/);
  for (const at of lines.keys()) {
    const line = record(lines.slice(at, at + 5));
    const found = [given, ...DELIMITERS].map((one) => ({ one, header: headerOf(line, form, one) }));
    const next = found.find((one) => one.header !== undefined);
    if (next) {
      header = next.header;
      delimiter = next.one;
      continue;
    }
    const own = delimiter ?? found.find(({ one }) => split(line, one)?.length === header?.length)?.one;
    const cells = split(line, own ?? given);
    if (header && cells && fits(cells, header)) {
      said.push(...readingsOf(cells, header, form, eventOf));
    }
  }
  return said;
}

/** The cells of each line, read on its own; without lines whose quotes are damaged. */
export function cellsOfLines(text: string, delimiter: string): string[][] {
  const lines = text.split(/\r?\n/);
  return lines.flatMap((_line, at) => {
    const cells = split(record(lines.slice(at, at + 5)), delimiter);
    return cells ? [cells] : [];
  });
}

/** A line, with those after it as long as a quote is open. */
function record([first = '', ...others]: readonly string[]): string {
  const isOpen = (text: string) => (text.match(/"/g)?.length ?? 0) % 2 === 1;
  let text = first;
  for (const line of others) {
    if (!isOpen(text)) {
      break;
    }
    text += `\n${line}`;
  }
  return isOpen(text) ? first : text;
}

/** The cells of a header: a line that has the titles of the times, or most of the others. */
function headerOf(line: string, { time, titles }: Form, delimiter: string): string[] | undefined {
  const cells = split(line, delimiter)?.map((cell) => cell.trim());
  const named = titles.filter((title) => title !== '' && cells?.includes(title));
  const hasTime = time.titles.every((title) => cells?.includes(title)) && cells?.join('') !== '';
  const isHeader = titles.length === 0 ? hasTime : named.length > 1 || (hasTime && named.length > 0);
  return isHeader ? cells : undefined;
}

function fits(cells: readonly string[], header: readonly string[]): boolean {
  const used = header.findLastIndex((title) => title !== '' && title !== 'Comment') + 1;
  return cells.length >= used && cells.slice(header.length).every((cell) => cell.trim() === '');
}

function readingsOf(
  cells: readonly string[],
  header: readonly string[],
  { titles, time, long, decimal }: Form,
  eventOf: (given: string) => string | undefined,
): string[] {
  // A title that is damaged is where it was.
  const columnOf = (title: string) => (header.includes(title) ? header.indexOf(title) : titles.indexOf(title));
  const cell = (title: string) => cells[columnOf(title)] ?? '';
  const clock = time.titles.map((title) => cell(title).trim()).join(' ');
  const at = time.read(clock) ?? isoInstant(clock);
  const values = long
    ? [{ event: eventOf(cell(long.name)), text: cell(long.value) }]
    : header.map((title, column) => ({ event: eventOf(title), text: cells[column] ?? '' }));
  return values.flatMap(({ event, text }) => {
    const value = numberOf(text.trim(), decimal === ',');
    return event === undefined || at === undefined || value === undefined ? [] : [`${event} ${at} ${value}`];
  });
}

/** A time with an offset is one in any file. */
function isoInstant(text: string): number | undefined {
  const [, whole, fraction = '', offset = ''] =
    /^(\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d)?)(?:[.,](\d{1,6}))? ?(Z|[+-]\d\d(?::?\d\d)?)$/.exec(text) ?? [];
  const milliseconds = Date.parse(`${whole?.replace(' ', 'T')}${offset.length === 3 ? `${offset}:00` : offset}`);
  return Number.isNaN(milliseconds) ? undefined : milliseconds * 1000 + Number(fraction.padEnd(6, '0'));
}

function numberOf(text: string, comma: boolean): number | undefined {
  const isComma = /^[+-]?(?:\d*,\d+|\d+,)$/.test(text) && (comma || !/^[+-]?[1-9]\d{0,2},\d{3}$/.test(text));
  const dotted = isComma ? text.replace(',', '.') : text;
  return /^inf$/i.test(text) ? Infinity : NUMBER.test(dotted) ? Number(dotted) : undefined;
}

function plain(name: string): string {
  return name.trim().toLowerCase().replace(/\s+/g, ' ');
}

/** Splits a line at a delimiter outside of quotes; `undefined` if its quotes are damaged. */
function split(line: string, delimiter: string): string[] | undefined {
  if (delimiter === ' ') {
    return line.includes('"') ? undefined : line.trim().split(/[ \t]+/);
  }
  const cells: string[] = [];
  let rest = line;
  for (;;) {
    const quoted = /^"((?:[^"]|"")*)"/.exec(rest);
    const end = rest.indexOf(delimiter);
    const [cell = '', length = 0] = quoted
      ? [quoted[1]?.replaceAll('""', '"'), quoted[0].length]
      : [end < 0 ? rest : rest.slice(0, end), end < 0 ? rest.length : end];
    if (!quoted && cell.includes('"')) {
      return undefined;
    }
    cells.push(cell);
    rest = rest.slice(length);
    if (rest === '') {
      return cells;
    }
    if (!rest.startsWith(delimiter)) {
      return undefined;
    }
    rest = rest.slice(delimiter.length);
  }
}
