import type { Context } from './context.ts';
import type { Row } from './output.ts';
import { styleFor } from './style.ts';
import { renderTable } from './table.ts';

/** The cells before a line of a prompt. */
const CURSOR = 3;

/** Returns each row as a line of a table without colours, for a prompt. */
export async function rowLines(
  { streams, output }: Context,
  rows: readonly Row[],
  columns: readonly string[],
): Promise<string[]> {
  const look = { ...output.look, style: styleFor(false, {}, false) };
  const width = streams.columns() - CURSOR;
  const { text } = await renderTable(columns, rows, { ...look, width, header: false, hideFirst: [] });
  return text.split('\n').slice(0, -1);
}
