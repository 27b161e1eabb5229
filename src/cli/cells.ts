import { isJsonObject } from '../text/json.ts';
import { type LocalTime, localText, localTime } from '../text/local-time.ts';
import { printable } from '../text/printable.ts';
import type { TimeZone } from '../text/time-zone.ts';
import type { Style } from './style.ts';

export interface Look {
  style: Style;
  /** Whether the terminal may show no other characters. */
  ascii: boolean;
  /** Returns the time zone of the reader. */
  zone(): TimeZone;
}

type Paint = (text: string) => string;

/** A value as a person reads it, and its colour. */
export interface Cell {
  text: string;
  paint?: Paint | undefined;
}

/** A column of a table as a person reads it. */
export interface Column {
  head: string;
  cells: Cell[];
  isRight: boolean;
  /** Whether its texts must not be cut: what is left of a number or a time would be another one. */
  isRigid: boolean;
}

/** Stands for a missing value, unlike an empty text. */
const EMPTY = { unicode: '·', ascii: '-' };

const TIMES = /_(?:on|at)$|^(?:timestamp|first|last|iat|exp)$/;
/** When a row was written is of interest to the second; when something was measured, exactly. */
const TO_THE_SECOND = /_(?:on|at)$/;

const STATES = /^(?:status|state|status_type|logging_type)$/;
const COLOURS: Record<string, keyof Style> = {
  ...same('green', 'applied completed connected delivered imported valid'),
  ...same('yellow', 'applying downloading pending rolled_back unknown verifying warning'),
  ...same('red', 'dead_letter error failed'),
  ...same('dim', 'expired inactive read undone'),
};

/** The least length of a shortened public id, which every command accepts. */
const ID_LENGTH = 8;

/** Counts of what is wrong with data. */
const FLAWS: Record<string, keyof Style> = {
  ...same('yellow', 'gaps nan infinite'),
  ...same('red', 'outside'),
};

/** What is left of a drawing is another one. */
const DRAWINGS = new Set(['trend']);

const NO_NUMBERS = new Set<unknown>(['NaN', 'Infinity', '-Infinity']);

function same(colour: keyof Style, words: string): Record<string, keyof Style> {
  return Object.fromEntries(words.split(' ').map((word) => [word, colour]));
}

/** Returns a value of a card, where it has a line of its own. */
export function cardCell(name: string, value: unknown, look: Look): Cell {
  const shown = typeof value === 'string' && TIMES.test(name) ? localText(look.zone(), value) : value;
  return cellOf(name, shown, look);
}

/**
 * Returns a column of a table.
 * @param header whether the name of the column is printed, and with it what all its times have in common
 * @param isShort whether public ids are shortened to what tells them apart
 */
export function columnOf(
  name: string,
  values: readonly unknown[],
  { header, isShort, ...look }: Look & { header: boolean; isShort: boolean },
): Column {
  const head = headOf(name);
  const cells = values.map((value) => cellOf(name, value, look));
  if (TIMES.test(name)) {
    const times = values.map((value) => (typeof value === 'string' ? localTime(look.zone(), value) : undefined));
    return { isRight: false, isRigid: true, ...timeColumn(name, cells, times, header) };
  }
  if (isShort && name.endsWith('public_id')) {
    const length = lengthOf(values.filter((value) => typeof value === 'string'));
    const shortened = cells.map(({ text, paint }) => ({ text: text.slice(0, length), paint }));
    return { head, cells: shortened, isRight: false, isRigid: true };
  }
  const isNumeric = values.some((value) => typeof value === 'number') && values.every(isNumber);
  return {
    head,
    cells: isNumeric ? aligned(cells) : cells,
    isRight: isNumeric,
    isRigid: isNumeric || DRAWINGS.has(name),
  };
}

/** Returns the offset once, in the head, if all times have the same. */
function timeColumn(
  name: string,
  cells: readonly Cell[],
  times: readonly (LocalTime | undefined)[],
  header: boolean,
): Pick<Column, 'head' | 'cells'> {
  const [offset, another] = new Set(times.flatMap((time) => time?.offset ?? []));
  const isInHead = header && offset !== undefined && another === undefined;
  const texts = times.map((time) => {
    const exact = `${time?.second}${TO_THE_SECOND.test(name) ? '' : time?.fraction}`;
    return time && { text: isInHead ? exact : `${exact} ${time.offset}` };
  });
  return {
    head: `${headOf(name)}${isInHead ? ` ${offset}` : ''}`,
    cells: cells.map((cell, at) => texts[at] ?? cell),
  };
}

function cellOf(name: string, value: unknown, { style, ascii }: Pick<Look, 'style' | 'ascii'>): Cell {
  if (value === null || value === undefined) {
    return { text: ascii ? EMPTY.ascii : EMPTY.unicode, paint: style.dim };
  }
  if (typeof value === 'boolean') {
    return value ? { text: 'yes', paint: style.green } : { text: 'no', paint: style.dim };
  }
  const text = printable(textOf(value));
  const colour = STATES.test(name) ? COLOURS[text] : typeof value === 'number' && value > 0 ? FLAWS[name] : undefined;
  return { text, paint: colour && style[colour] };
}

/** Returns the items of a list; of objects, their names or how many they are. */
function textOf(value: unknown): string {
  if (!Array.isArray(value)) {
    return typeof value === 'object' ? JSON.stringify(value) : String(value);
  }
  const names: unknown[] = value.map((item: unknown) => (isJsonObject(item) ? item.name : item));
  return names.includes(undefined) ? String(value.length) : names.join(', ');
}

function headOf(name: string): string {
  return name.replaceAll('_', ' ').toUpperCase();
}

function isNumber(value: unknown): boolean {
  return typeof value === 'number' || value === null || value === undefined || NO_NUMBERS.has(value);
}

/** Pads numbers after their decimals, so that on the right of a column their decimal points are below each other. */
function aligned(cells: readonly Cell[]): Cell[] {
  const decimals = cells.map(({ text }) => (text.includes('.') ? text.length - text.indexOf('.') : 0));
  const most = decimals.reduce((one, other) => Math.max(one, other), 0);
  return cells.map(({ text, paint }, at) => ({ text: text + ' '.repeat(most - (decimals[at] ?? 0)), paint }));
}

/** Returns how many characters tell the ids apart. */
function lengthOf(ids: readonly string[]): number {
  const sorted = [...new Set(ids)].sort();
  return sorted.slice(1).reduce((most, id, at) => Math.max(most, shared(id, sorted[at] ?? '') + 1), ID_LENGTH);
}

/** Returns how many characters two different texts have in common at their beginning. */
function shared(one: string, other: string): number {
  let at = 0;
  while (one[at] === other[at]) {
    at += 1;
  }
  return at;
}
