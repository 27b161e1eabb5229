import type { BoardData, LiveValue } from '../board-data.ts';
import { followValues } from './board-live.ts';
import type { Widget } from './board-widget.ts';
import { widgetOf } from './board-widgets.ts';
import { clockOf } from './clock.ts';
import type { Curve } from './columns.ts';
import { button, element, named } from './dom.ts';
import { addKeys, KEYS_HELP } from './keys.ts';
import { printLight, toggleTheme } from './theme.ts';
import { timeBar } from './time-bar.ts';
import { View } from './view.ts';

/** At the finest, this many buckets fill the view. */
const LEAST_BUCKETS = 20;
/** The width of the grid on A4. */
const PRINT_PIXELS = 700;

/** Builds the page of a dashboard, with its widgets where they are on the grid. */
export function showBoard(main: HTMLElement, data: BoardData, curves: readonly Curve[]): void {
  const clock = clockOf(data.time);
  const { from, to } = data.time;
  const finest = Math.min(to - from, ...data.series.map(({ grid }) => grid.width));
  const view = new View(from, to, LEAST_BUCKETS * finest);
  const board = element('div', {
    class: 'board',
    tabindex: 0,
    role: 'group',
    'aria-label': 'Widgets',
    'aria-describedby': 'keys',
  });
  const title = element('h1', {}, named(data.title));
  const actions = element('div', { class: 'actions' }, button('Light or dark', toggleTheme));
  main.append(
    element('header', {}, element('div', {}, title, element('p', { class: 'about' }, clock.name)), actions),
    timeBar(view, clock),
    ...data.notes.map((note) => element('p', { class: 'note' }, note)),
    board,
    element('p', { class: 'hidden', id: 'keys' }, KEYS_HELP),
    element('footer', {}, `Made by ${data.made}.`),
  );
  if (data.widgets.length === 0) {
    board.append(element('p', { class: 'note' }, 'This dashboard has no widgets.'));
  }
  const widgets = data.widgets.map((widget) => {
    const at = widget.series ?? -1;
    const series = data.series[at];
    const shown = widgetOf(board, { widget, series, curve: curves[at], view, clock, isLive: data.live !== null });
    shown.show(series?.latest ?? null);
    return { id: series?.id, shown };
  });
  const charts = widgets.flatMap(({ shown }) => shown.chart ?? []);
  let cursor: number | undefined;
  addKeys(board, view, (share) => {
    const moved = (cursor ?? (view.from + view.to) / 2) + (share ?? 0) * view.span;
    cursor = share === undefined ? undefined : Math.min(Math.max(moved, view.from), view.to);
    charts[0]?.point(cursor);
  });
  fitWidgets(
    board,
    widgets.map(({ shown }) => shown),
  );
  printLight();
  if (data.live) {
    const status = element('span', { class: 'status', role: 'status' });
    title.append(status);
    followValues(data.live, status, (values: readonly LiveValue[]) => {
      const latest = new Map(values.map((value) => [value.id, value]));
      const changed = widgets.flatMap(({ id, shown }) => {
        const value = latest.get(id ?? '');
        if (value) {
          shown.show(value);
        }
        return value && shown.append?.(value) ? (shown.chart ?? []) : [];
      });
      // Which draws them all.
      if (!view.advance(Math.max(...values.map(({ at }) => at ?? from)))) {
        for (const chart of changed) {
          chart.redraw();
        }
      }
    });
  }
}

/** Draws the charts in the width that they have, also on paper. */
function fitWidgets(board: HTMLElement, widgets: readonly Widget[]): void {
  const resize = () => {
    for (const widget of widgets) {
      widget.resize?.();
    }
  };
  new ResizeObserver(resize).observe(board);
  addEventListener('beforeprint', () => {
    board.style.setProperty('width', `${PRINT_PIXELS}px`);
    resize();
  });
  addEventListener('afterprint', () => {
    board.style.removeProperty('width');
    resize();
  });
}
