import { duration } from '../../text/duration.ts';
import type { Mark, PageData } from '../page-data.ts';
import { chartArea, fitCharts } from './chart-area.ts';
import { clockOf } from './clock.ts';
import { type Curve, NO_POINTS } from './columns.ts';
import { element } from './dom.ts';
import { download } from './download.ts';
import { header } from './header.ts';
import { dataInView } from './in-view.ts';
import { addKeys, keysHelp } from './keys.ts';
import { logList } from './log-list.ts';
import { counted } from './numbers.ts';
import { addPanel } from './panel.ts';
import { summary } from './summary.ts';
import { tiles } from './tiles.ts';
import { rangeText, timeBar } from './time-bar.ts';
import { LEAST_BUCKETS, View } from './view.ts';

export function showPage(main: HTMLElement, data: PageData, curves: readonly Curve[]): void {
  const clock = clockOf(data.time);
  const view = new View(data.time.from, data.time.to, leastSpan(data));
  const live = element('div', { class: 'hidden', role: 'status', 'aria-live': 'polite' });
  const say = (text: string) => live.replaceChildren(text);
  const charts = chartArea('charts', 'Charts');
  main.append(
    header(data, clock, () => download(viewed, view, clock, data.title)),
    ...(data.kind === 'report' ? [tiles(data)] : []),
    timeBar(view, clock),
    charts,
    keysHelp(),
  );
  const marks: readonly Mark[] = data.kind === 'report' ? data.marks : [];
  const update = () => table.update();
  const panels = data.panels.map((panel, at) =>
    addPanel(charts, {
      ...{ panel, series: data.series, curves, marks, hasStrip: at === 0 && marks.length > 0, view, clock },
      onToggle: (text: string) => {
        say(text);
        update();
      },
    }),
  );
  if (panels.length === 0) {
    charts.append(element('p', { class: 'note' }, 'There are no datapoints to draw.'));
  }
  const viewed = panels.flatMap(({ lines }) => lines);
  const table = dataInView(viewed, view, clock);
  const lines = data.series.map((series, at) => ({ series, gaps: series.gaps, curve: curves[at] ?? NO_POINTS }));
  main.append(
    summary(lines, view),
    ...(data.kind === 'report' && (marks.length > 0 || data.notes.length > 0)
      ? [logList(marks, data.notes, view, clock)]
      : []),
    table.card,
    footer(data),
    live,
  );
  update();

  let timer: ReturnType<typeof setTimeout> | undefined;
  view.onChange(() => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      update();
      say(`${rangeText(view, clock)}, ${duration(view.span)}`);
    }, 150);
  });
  addKeys(charts, view, (cursor) => {
    panels[0]?.chart.point(cursor);
    const readings = panels.map((panel) => panel.reading()).join(', ');
    say(cursor === undefined ? '' : `${clock.text(cursor, view.span / 100)}: ${readings}`);
  });
  fitCharts(charts, () => {
    for (const panel of panels) {
      panel.resize();
    }
  });
}

function leastSpan({ series, time }: PageData): number {
  const widths = series.map(({ layout, grid }) => (layout.exact ? grid.width / LEAST_BUCKETS : grid.width));
  return Math.max(LEAST_BUCKETS * Math.min(...widths, time.to - time.from), 1e-3);
}

function footer({ series, madeBy }: PageData): HTMLElement {
  const datapoints = series.reduce((sum, { figures }) => sum + figures.count, 0);
  const widths = series.flatMap(({ layout, grid }) => (layout.exact ? [] : [grid.width]));
  const [least, most] = [Math.min(...widths), Math.max(...widths)].map((width) => duration(width));
  const what =
    widths.length === 0
      ? `${counted(datapoints, 'datapoint')}, all of them in this file.`
      : `${counted(datapoints, 'datapoint')} in buckets of ${least === most ? least : `${least} to ${most}`}; ` +
        'each keeps its least and its greatest value, so no peak is lost.';
  return element('footer', {}, `${what} Made by ${madeBy}.`);
}
