import type { Mark, PageData } from '../page-data.ts';
import { clockOf } from './clock.ts';
import type { Curve } from './columns.ts';
import { element } from './dom.ts';
import { download } from './download.ts';
import { header } from './header.ts';
import { dataInView } from './in-view.ts';
import { addKeys, KEYS_HELP } from './keys.ts';
import { logList } from './log-list.ts';
import { counted, durationText } from './numbers.ts';
import { addPanel } from './panel.ts';
import { summary } from './summary.ts';
import { printLight } from './theme.ts';
import { tiles } from './tiles.ts';
import { rangeText, timeBar } from './time-bar.ts';
import { View } from './view.ts';

/** At the finest, this many buckets fill the view. */
const LEAST_BUCKETS = 20;
/** The width of a chart on A4. */
const PRINT_PIXELS = 700;

/** Builds the page of a report or a comparison. */
export function showPage(main: HTMLElement, data: PageData, curves: readonly Curve[]): void {
  const clock = clockOf(data.time);
  const view = new View(data.time.from, data.time.to, leastSpan(data));
  const live = element('div', { class: 'hidden', role: 'status', 'aria-live': 'polite' });
  const say = (text: string) => live.replaceChildren(text);
  const charts = element('div', {
    class: 'charts',
    tabindex: 0,
    role: 'group',
    'aria-label': 'Charts',
    'aria-describedby': 'keys',
  });
  main.append(
    header(data, clock, () => download(viewed, view, clock, data.title)),
    ...(data.kind === 'report' ? [tiles(data)] : []),
    timeBar(view, clock),
    charts,
    element('p', { class: 'hidden', id: 'keys' }, KEYS_HELP),
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
  const lines = data.series.map(({ gaps }, at) => ({ gaps, curve: curves[at] ?? NOTHING }));
  main.append(
    summary(data.series, lines, view),
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
      say(`${rangeText(view, clock)}, ${durationText(view.span)}`);
    }, 150);
  });
  let cursor: number | undefined;
  addKeys(charts, view, (share) => {
    cursor = share === undefined ? undefined : between((cursor ?? (view.from + view.to) / 2) + share * view.span, view);
    panels[0]?.chart.point(cursor);
    say(
      cursor === undefined
        ? ''
        : `${clock.text(cursor, view.span / 100)}: ${panels.map((each) => each.reading()).join(', ')}`,
    );
  });
  const resize = () => {
    for (const panel of panels) {
      panel.resize();
    }
  };
  new ResizeObserver(resize).observe(charts);
  printLight();
  addEventListener('beforeprint', () => {
    charts.style.setProperty('width', `${PRINT_PIXELS}px`);
    resize();
  });
  addEventListener('afterprint', () => {
    charts.style.removeProperty('width');
    resize();
  });
}

const NOTHING: Curve = { times: new Float64Array(), low: new Float32Array(), high: new Float32Array(), width: 0 };

function leastSpan({ series, time }: PageData): number {
  const widths = series.map(({ layout, grid }) => (layout.exact ? grid.width / LEAST_BUCKETS : grid.width));
  return Math.max(LEAST_BUCKETS * Math.min(...widths, time.to - time.from), 1e-3);
}

function between(time: number, { from, to }: View): number {
  return Math.min(Math.max(time, from), to);
}

function footer({ series, madeBy }: PageData): HTMLElement {
  const datapoints = series.reduce((sum, { figures }) => sum + figures.count, 0);
  const widths = series.flatMap(({ layout, grid }) => (layout.exact ? [] : [grid.width]));
  const [least, most] = [Math.min(...widths), Math.max(...widths)].map(durationText);
  const what =
    widths.length === 0
      ? `${counted(datapoints, 'datapoint')}, all of them in this file.`
      : `${counted(datapoints, 'datapoint')} in buckets of ${least === most ? least : `${least} to ${most}`}; ` +
        'each keeps its least and its greatest value, so no peak is lost.';
  return element('footer', {}, `${what} Made by ${madeBy}.`);
}
