import { printable } from './text.ts';

/** Returns lines of values, separated by tabs; what could break a line or act on a terminal is escaped. */
export function tabSeparated(lines: readonly (readonly unknown[])[]): string {
  return lines.map((values) => `${values.map((value) => printable(plain(value))).join('\t')}\n`).join('');
}

/** Returns lines of values as CSV. */
export async function commaSeparated(lines: readonly (readonly unknown[])[]): Promise<string> {
  const { stringify } = await import('csv-stringify/sync');
  return stringify(lines.map((values) => values.map(plain)));
}

function plain(value: unknown): string {
  if (value === null || value === undefined) {
    return '';
  }
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** Returns the fields of rows in the order of these columns, and with `header` their names first. */
export function linesOf(rows: readonly object[], columns: readonly string[], header = false): unknown[][] {
  return [
    ...(header ? [[...columns]] : []),
    ...rows.map((row) => columns.map((column): unknown => Reflect.get(row, column))),
  ];
}
