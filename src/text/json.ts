import { InvalidInputError } from '../errors.ts';
import { replaceHidden } from './printable.ts';

/** Whether a parsed JSON value is an object: not an array, not null. */
export function isJsonObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Returns a value as JSON text, in which the characters that a reader would not see, or that would act on a terminal, are
 * escaped: for a program, the text is equivalent.
 */
export function jsonText(value: unknown, indent?: number): string {
  return escapeHidden(JSON.stringify(value, undefined, indent));
}

/** Escapes these characters in a text of JSON or YAML, in which they are between double quotes. */
export function escapeHidden(text: string): string {
  const lines = text.split('\n');
  return lines.map((line) => replaceHidden(line, (character) => character.replace(/./gs, escapeUnit))).join('\n');
}

function escapeUnit(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/**
 * Returns an object as the WebMACS server's JSON text, that of Python: with blanks between the parts, in ASCII, and with every
 * number as a float.
 */
export function pythonJson(object: Record<string, string | number>): string {
  const text = (value: string | number) =>
    typeof value === 'number' ? pythonFloat(value) : JSON.stringify(value).replace(/[^\x20-\x7e]/g, escapeUnit);
  return `{${Object.entries(object)
    .map(([name, value]) => `${text(name)}: ${text(value)}`)
    .join(', ')}}`;
}

/** Formats a number as Python does: `1.0`, `1e-05`, `1e+16`. */
function pythonFloat(value: number): string {
  const [, digits = '', sign = '', exponent = ''] = /^(.*)e([+-])(\d+)$/.exec(value.toExponential()) ?? [];
  if (sign === '-' ? Number(exponent) > 4 : Number(exponent) > 15) {
    return `${digits}e${sign}${exponent.padStart(2, '0')}`;
  }
  const text = Object.is(value, -0) ? '-0' : String(value);
  return Number.isInteger(value) ? `${text}.0` : text;
}

/**
 * Parses a text as a JSON object.
 * @param origin where the text comes from, for messages
 * @param example what the text may look like, for the hint
 * @throws InvalidInputError
 */
export function parseJsonObject(text: string, origin: string, example: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    const why = cause instanceof Error ? `: ${cause.message}` : '';
    throw new InvalidInputError(`${origin} is not valid JSON${why}.`, { cause });
  }
  if (!isJsonObject(value)) {
    throw new InvalidInputError(`${origin} is not a JSON object.`, { hint: `For example: ${example}` });
  }
  return value;
}

/** Returns the strings of a list in JSON text; none if the text is not a list. */
export function parseStringList(text: string): string[] {
  try {
    const list: unknown = JSON.parse(text);
    return Array.isArray(list) ? list.filter((item) => typeof item === 'string') : [];
  } catch {
    return [];
  }
}
