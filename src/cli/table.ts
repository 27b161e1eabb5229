import Table from 'cli-table3';
import type { Style } from './style.ts';
import { displayWidth } from './width.ts';

const MIN_WIDTH = 8;
const GAP = 2;

/** A table without lines, as wide as the terminal at most: the widest columns are cut first. */
export function renderTable(columns: readonly string[], cells: string[][], width: number, style: Style): string {
  const heads = columns.map((column) => column.replaceAll('_', ' ').toUpperCase());
  const widths = heads.map(
    (head, at) => Math.max(head.length, ...cells.map((row) => displayWidth(row[at] ?? ''))) + GAP,
  );
  let excess = widths.reduce((sum, each) => sum + each, 0) - width;
  while (excess > 0) {
    const widest = widths.indexOf(Math.max(...widths));
    const current = widths[widest] ?? 0;
    if (current <= MIN_WIDTH + GAP) {
      break;
    }
    widths[widest] = current - 1;
    excess -= 1;
  }
  const table = new Table({
    head: heads.map((head) => style.dim(head)),
    colWidths: widths,
    chars: NO_LINES,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': GAP },
  });
  table.push(...cells);
  return `${table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n')}\n`;
}

const NO_LINES = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '',
};
