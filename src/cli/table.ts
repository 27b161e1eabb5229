import type { Style } from './style.ts';
import { fitted, measureFor } from './width.ts';

const MIN_WIDTH = 8;
const GAP = '  ';

/** Renders a table without lines, at most as wide as the terminal: the widest columns are truncated first. */
export async function renderTable(
  columns: readonly string[],
  cells: string[][],
  width: number,
  style: Style,
): Promise<string> {
  const measure = await measureFor(cells.flat());
  const heads = columns.map((column) => column.replaceAll('_', ' ').toUpperCase());
  const widths = heads.map((head, at) => Math.max(head.length, ...cells.map((row) => measure(row[at] ?? ''))));
  let excess = widths.reduce((sum, each) => sum + each + GAP.length, 0) - width;
  while (excess > 0) {
    const widest = widths.indexOf(Math.max(...widths));
    const current = widths[widest] ?? 0;
    if (current <= MIN_WIDTH) {
      break;
    }
    widths[widest] = current - 1;
    excess -= 1;
  }
  const line = (row: readonly string[]) =>
    widths
      .map((room, at) => fitted(row[at] ?? '', room, measure))
      .join(GAP)
      .trimEnd();
  return `${[style.dim(line(heads)), ...cells.map(line)].join('\n')}\n`;
}
