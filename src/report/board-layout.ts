import { describeRect, GRID_COLUMNS, type GridRect, splitOverlapping } from '../domain/grid.ts';
import type { WidgetRow } from '../domain/widgets.ts';
import { printable, quoted } from '../text/printable.ts';
import type { BoardData } from './board-data.ts';

/** More consecutive rows without a widget are left out. */
const MOST_EMPTY_ROWS = 1;
/** Of a widget that is not where it is stored. */
const ROWS = 3;

/** Places widgets; those that leave the grid, or overlap another, are below all others. */
export function boardLayout(
  widgets: readonly WidgetRow[],
  eventPublicIds: readonly string[],
): Pick<BoardData, 'widgets' | 'notes'> {
  const { placed, misplaced } = splitOverlapping(widgets);
  const rowOf = rowsWithoutGaps(placed);
  const end = Math.max(0, ...placed.map(({ y, h }) => rowOf(y) + h));
  const shown = (widget: WidgetRow, { x, y, w, h }: GridRect) => {
    const series = eventPublicIds.indexOf(widget.event?.publicId ?? '');
    const content = { type: widget.widgetType, title: printable(widget.title), series: series < 0 ? null : series };
    return { x, y, w, h, ...content };
  };
  return {
    widgets: [
      ...placed.map((widget) => shown(widget, { ...widget, y: rowOf(widget.y) })),
      ...misplaced.map((widget, at) => shown(widget, { x: 0, y: end + at * ROWS, w: GRID_COLUMNS, h: ROWS })),
    ],
    notes: misplaced.map(
      (widget) =>
        `Widget ${quoted(widget.title)}, ${describeRect(widget)}, overlaps another or leaves the grid: see below.`,
    ),
  };
}

/** Returns where the rows of the grid are, without rows that nothing is in. */
function rowsWithoutGaps(widgets: readonly GridRect[]): (row: number) => number {
  const skipped: { from: number; rows: number }[] = [];
  let end = 0;
  for (const { y, h } of [...widgets].sort((left, right) => left.y - right.y)) {
    if (y - end > MOST_EMPTY_ROWS) {
      skipped.push({ from: y, rows: y - end - MOST_EMPTY_ROWS });
    }
    end = Math.max(end, y + h);
  }
  return (row) => row - skipped.reduce((sum, { from, rows }) => (row >= from ? sum + rows : sum), 0);
}
