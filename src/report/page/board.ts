import type { BoardData, LiveValue } from '../board-data.ts';
import { followValues } from './board-live.ts';
import { widgetOf } from './board-widgets.ts';
import { chartArea, fitCharts } from './chart-area.ts';
import { clockOf } from './clock.ts';
import type { Curve } from './columns.ts';
import { button, element, named } from './dom.ts';
import { addKeys, keysHelp } from './keys.ts';
import { toggleTheme } from './theme.ts';
import { timeBar } from './time-bar.ts';
import { LEAST_BUCKETS, View } from './view.ts';

/** Builds the page of a dashboard, with its widgets where they are on the grid. */
export function showBoard(main: HTMLElement, data: BoardData, curves: readonly Curve[]): void {
  const clock = clockOf(data.time);
  const { from, to } = data.time;
  const finest = Math.min(to - from, ...data.series.map(({ grid }) => grid.width));
  const view = new View(from, to, LEAST_BUCKETS * finest);
  const board = chartArea('board', 'Widgets');
  const title = element('h1', {}, named(data.title));
  const actions = element('div', { class: 'actions' }, button('Light or dark', toggleTheme));
  main.append(
    element('header', {}, element('div', {}, title, element('p', { class: 'about' }, clock.name)), actions),
    timeBar(view, clock),
    ...data.notes.map((note) => element('p', { class: 'note' }, note)),
    board,
    keysHelp(),
    element('footer', {}, `Made by ${data.madeBy}.`),
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
  addKeys(board, view, (cursor) => charts[0]?.point(cursor));
  fitCharts(board, () => {
    for (const { shown } of widgets) {
      shown.resize?.();
    }
  });
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
