import { InvalidInputError } from '../../errors.ts';
import { alike } from '../../text/event-title.ts';
import { excerpt } from '../../text/printable.ts';
import { type CellProblem, isDecimal, isPlainNumber, NOT_A_NUMBER, readMeasurement } from '../measurement.ts';
import { isMissing, isNan } from './cell.ts';
import type { ReadingOptions } from './reading-options.ts';

/** How cells with values are read. */
export interface ValueRules {
  decimal: '.' | ',';
  thousands: string | undefined;
  /** Whether NaN is a value. */
  keepNan: boolean;
  /** Further texts that stand for a missing value: in all columns, and by the title of the column or the name of the event, as `alike` makes them. */
  nulls: { everywhere: readonly string[]; only: ReadonlyMap<string, readonly string[]> };
}

/**
 * @param named titles of columns, and names of events
 * @throws InvalidInputError if the separators are the same, or for a missing value in a column that does not exist
 */
export function valueRules(
  options: ReadingOptions,
  found: { decimal: '.' | ','; keepNan: boolean },
  named: { layout: 'long' | 'wide'; names: readonly string[] },
): ValueRules {
  const { thousands, nulls = [], nan } = options;
  const decimal = options.decimal ?? (thousands === ',' ? '.' : thousands === '.' ? ',' : found.decimal);
  if (thousands === decimal) {
    throw new InvalidInputError(`The separator of thousands and the decimal separator are both ${excerpt(decimal)}.`);
  }
  const everywhere: string[] = [];
  const only = new Map<string, string[]>();
  const names = new Set(named.names.map(alike));
  for (const text of nulls) {
    const cuts = [...text.matchAll(/=/g)].map(({ index }) => index);
    // A name that occurs in the rows is not known yet.
    const cut =
      cuts.find((index) => names.has(alike(text.slice(0, index)))) ?? (named.layout === 'long' ? cuts[0] : undefined);
    if (cut !== undefined) {
      const name = alike(text.slice(0, cut));
      only.set(name, [...(only.get(name) ?? []), text.slice(cut + 1).trim()]);
    } else if (cuts.length === 0) {
      everywhere.push(text.trim());
    } else {
      throw new InvalidInputError(`--null ${excerpt(text)}: unknown column.`, {
        hint: `Columns and events: ${named.names.map(excerpt).join(', ')}.`,
      });
    }
  }
  const keepNan = nan === undefined ? found.keepNan : nan === 'keep';
  return { decimal, thousands, keepNan, nulls: { everywhere, only } };
}

/** Returns the decimal separator that values leave no doubt about: a comma, if some are numbers only so, and none has a dot. */
export function decimalOf(cells: Iterable<string>): '.' | ',' {
  let [comma, dot] = [false, false];
  for (const cell of cells) {
    const text = cell.replace(/[\s\u00a0\u202f']/g, '');
    if (DOTS_AND_COMMA.test(text)) {
      return ',';
    }
    dot ||= text.includes('.');
    comma ||= /^[+-]?\d*,\d+(?:e[+-]?\d+)?$/i.test(text) && !THOUSANDS.test(text);
  }
  return comma && !dot ? ',' : '.';
}

/** `1.234,5` leaves no doubt. */
const DOTS_AND_COMMA = /^[+-]?\d{1,3}(?:\.\d{3})+,\d+$/;
/** `12,500` may be either. */
const THOUSANDS = /^[+-]?[1-9]\d{0,2}(?:,\d{3})+$/;

/** What a cell holds: a number as PostgreSQL reads it, a text that stands for a missing value, or why it is rejected. */
export type CellValue = { text: string } | { missing: string } | CellProblem;

/** Reads the cells of one column, or of one event. */
export class ValueReader {
  readonly #rules: ValueRules;
  readonly #nulls: readonly string[];
  readonly #nullNumbers: readonly number[];

  /** @param names the title of the column, or the names of the event */
  constructor(rules: ValueRules, names: readonly string[]) {
    this.#rules = rules;
    this.#nulls = [...rules.nulls.everywhere, ...names.flatMap((name) => rules.nulls.only.get(alike(name)) ?? [])];
    this.#nullNumbers = this.#nulls.filter(isDecimal).map(Number);
  }

  /**
   * Reads a decimal number, with or without an exponent, or `inf`, `-inf`, `infinity` in any case. Keeps the text: the server
   * converts it to the nearest double. Rejects what a double cannot hold, as the server would.
   */
  read(cell: string): CellValue {
    const given = cell.trim();
    const text = this.#withDot(given);
    if (isPlainNumber(text)) {
      return this.#nulls.length > 0 && this.#isNull(given, text) ? { missing: given } : { text };
    }
    if ((isMissing(given) && !(this.#rules.keepNan && isNan(given))) || this.#isNull(given, text)) {
      return { missing: given };
    }
    const value = readMeasurement(text, given);
    return 'problem' in value && value.reason === NOT_A_NUMBER
      ? { ...value, problem: value.problem + this.#hint(given) }
      : value;
  }

  #isNull(given: string, text: string): boolean {
    return this.#nulls.includes(given) || (isDecimal(text) && this.#nullNumbers.includes(Number(text)));
  }

  /** Returns the number with a decimal dot and without separators of thousands; as it is, if these are in the wrong places. */
  #withDot(text: string): string {
    const { decimal, thousands } = this.#rules;
    if (decimal === '.' && thousands === undefined) {
      return text;
    }
    const [whole = '', fraction, ...others] = (thousands === ' ' ? text.replace(/[\u00a0\u202f]/g, ' ') : text).split(
      decimal,
    );
    const groups = thousands === undefined ? [whole] : whole.split(thousands);
    const [first = '', ...rest] = groups;
    const wrong = others.length > 0 || rest.some((group) => !/^\d{3}$/.test(group));
    if (
      wrong ||
      (rest.length > 0 && !/^[+-]?\d{1,3}$/.test(first)) ||
      (decimal === ',' && whole.includes('.') && thousands !== '.')
    ) {
      return 'not a number';
    }
    return fraction === undefined ? groups.join('') : `${groups.join('')}.${fraction}`;
  }

  #hint(text: string): string {
    const { decimal, thousands } = this.#rules;
    if (decimal === '.' && thousands === undefined && THOUSANDS.test(text)) {
      return ': for a separator of thousands pass --thousands , and for a decimal comma --decimal ,';
    }
    if (decimal === '.' && /^[+-]?\d*,\d+$/.test(text)) {
      return ': for a decimal comma, pass --decimal ,';
    }
    if (decimal === ',' && /^[+-]?\d{1,3}(?:\.\d{3})+(?:,\d+)?$/.test(text)) {
      return ': for a separator of thousands, pass --thousands .';
    }
    if (/^\p{L}{2,}$/u.test(text)) {
      return `: if it stands for a missing value, pass --null ${text}`;
    }
    return decimal === ',' && text.includes('.') ? ' with a decimal comma' : '';
  }
}
