import type { Mark, PagePanel, PageSeries } from '../page-data.ts';
import { LineChart } from './chart.ts';
import type { ChartLine } from './chart-options.ts';
import type { Clock } from './clock.ts';
import type { Curve, Reading } from './columns.ts';
import { button, element, named } from './dom.ts';
import { markStrip } from './mark-strip.ts';
import { spanText, valueText } from './numbers.ts';
import { colourOf, onThemeChange } from './theme.ts';
import type { View } from './view.ts';

export interface PanelOptions {
  panel: PagePanel;
  series: readonly PageSeries[];
  curves: readonly Curve[];
  marks: readonly Mark[];
  /** Whether the numbers of the marks are above the chart. */
  hasStrip: boolean;
  view: View;
  clock: Clock;
  /** Called when a line is shown or hidden, with words that say so. */
  onToggle(text: string): void;
}

/** A chart in a card, with a legend of buttons that show and hide its lines. */
export interface Panel {
  card: HTMLElement;
  lines: (ChartLine & { series: PageSeries })[];
  chart: LineChart;
  /** What the cursor reads, in words. */
  reading(): string;
  resize(): void;
}

const ONE_LINE_PIXELS = 150;
const SEVERAL_LINES_PIXELS = 230;

export function addPanel(parent: HTMLElement, options: PanelOptions): Panel {
  const { panel, view, clock, marks } = options;
  const lines = panel.series.flatMap((number) => {
    const [series, curve] = [options.series[number], options.curves[number]];
    const { colour, gaps, outOfRange } = series ?? { colour: 0, gaps: [], outOfRange: [] };
    return series && curve ? [{ series, curve, colour, gaps, outOfRange, isShown: true }] : [];
  });
  const legend = element('div', { class: 'legend' });
  const area = element('div', { class: 'chart', role: 'img', 'aria-label': describe(options, lines) });
  const title = element('h2', { class: 'unit' }, named(panel.title));
  const card = element('section', { class: 'card panel' }, element('div', { class: 'panel-head' }, title, legend));
  if (options.hasStrip) {
    card.append(markStrip(marks, view));
  }
  card.append(area);
  parent.append(card);
  let words = '';
  const height = lines.length === 1 ? ONE_LINE_PIXELS : SEVERAL_LINES_PIXELS;
  const onCursor = (time: number | undefined, readings: readonly Reading[]) => {
    const texts = lines.map((_, at) => {
      const reading = readings[at];
      return time === undefined ? '' : reading ? spanText(reading.low, reading.high) : '–';
    });
    for (const [at, text] of texts.entries()) {
      outputs[at]?.replaceChildren(text);
    }
    words = lines.map(({ series }, at) => `${series.name} ${texts[at]} ${series.unit}`).join(', ');
  };
  const outputs = lines.map(() => element('span', { class: 'reading' }));
  const chart = new LineChart(area, { lines, thresholds: panel.thresholds, marks, height, view, clock, onCursor });
  lines.forEach((line, at) => {
    const swatch = element('span', { class: 'swatch' });
    const paint = () => swatch.style.setProperty('background', colourOf(line.colour));
    paint();
    onThemeChange(paint);
    const label = element('span', { class: 'label' }, swatch, named(line.series.name, { class: 'name' }));
    const toggle = button(label, () => {
      line.isShown = !line.isShown;
      toggle.setAttribute('aria-pressed', String(line.isShown));
      chart.redraw();
      options.onToggle(`${line.series.name} ${line.isShown ? 'shown' : 'hidden'}`);
    });
    toggle.setAttribute('aria-pressed', 'true');
    toggle.title = line.series.name;
    toggle.append(outputs[at] ?? '');
    legend.append(toggle);
  });
  return { card, lines, chart, reading: () => words, resize: () => chart.resize(area.clientWidth) };
}

function describe({ panel, clock, view }: PanelOptions, lines: readonly { series: PageSeries }[]): string {
  const each = lines.map(
    ({ series: { name, figures } }) => `${name} from ${valueText(figures.min)} to ${valueText(figures.max)}`,
  );
  const thresholds = panel.thresholds.map(({ text }) => `threshold ${text}`);
  const range = `${clock.text(view.whole.from)} to ${clock.text(view.whole.to)}`;
  return `Chart of ${panel.title} over time, ${range}: ${[...each, ...thresholds].join('; ')}`;
}
