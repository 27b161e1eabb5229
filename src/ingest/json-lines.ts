import { isJsonObject } from '../text/json.ts';
import { csvCell } from './csv-cell.ts';

/** Separates the cells of the records. */
export const JSON_DELIMITER = ',';

/** Turns lines with a JSON object each into CSV records, so that all that follows is the same for both. */
export interface JsonLines {
  /** The keys, which no line has, as a CSV record. */
  header: string;
  /** A line that is no object, or has other keys, becomes a record with more cells than the table, and is rejected. */
  convert(line: string): string;
}

/** @param sample whole lines, whose keys are the columns; `undefined` is returned if they are not JSON */
export function jsonLines(sample: string): JsonLines | undefined {
  const lines = sample.split('\n').filter((line) => line.trim() !== '');
  if (!lines[0]?.startsWith('{') || parsed(lines[0]) === undefined) {
    return undefined;
  }
  const keys = [...new Set(lines.flatMap((line) => [...(parsed(line)?.keys() ?? [])]))];
  return {
    header: record(keys),
    convert(line) {
      const cells = parsed(line);
      if (cells === undefined) {
        return line.trim() === '' ? line : record([line, ...keys.map(() => NOTHING_ELSE)]);
      }
      const others = [...cells.keys()].filter((key) => !keys.includes(key));
      return record([...keys, ...others].map((key) => cells.get(key) ?? ''));
    },
  };
}

const NOTHING_ELSE = '-';

/** Parses a line, with numbers as their text: they may have more digits than a double. */
function parsed(line: string): Map<string, string> | undefined {
  try {
    const value: unknown = JSON.parse(line, numbersAsText);
    return isJsonObject(value) ? new Map(Object.entries(value).map(([key, cell]) => [key, cellText(cell)])) : undefined;
  } catch {
    return undefined;
  }
}

/** `JSON.parse` passes the text of a number, which its type does not know yet. */
function numbersAsText(_key: string, value: unknown, context?: { source?: string }): unknown {
  return typeof value === 'number' ? (context?.source ?? String(value)) : value;
}

function cellText(value: unknown): string {
  if (value === null) {
    return '';
  }
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function record(cells: readonly string[]): string {
  return cells.map((cell) => csvCell(cell, JSON_DELIMITER)).join(JSON_DELIMITER);
}
