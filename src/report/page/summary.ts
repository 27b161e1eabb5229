import type { PageSeries } from '../page-data.ts';
import type { Line } from './columns.ts';
import { element, named } from './dom.ts';
import { countText, durationText, valueText } from './numbers.ts';
import { fullName } from './series-name.ts';
import { sparkline } from './sparkline.ts';
import { table } from './table.ts';
import { colourOf, onThemeChange } from './theme.ts';
import type { View } from './view.ts';

const COLUMNS = [
  'Event',
  'Trend',
  'Count',
  'Min',
  'Mean',
  'Max',
  'Std. dev.',
  'Interval',
  'Gaps',
  'Out of range',
  'NaN',
];

/** The figures of all datapoints of each series. */
export function summary(series: readonly PageSeries[], lines: readonly Line[], view: View): HTMLElement {
  const rows = series.map((each, at) => {
    const { figures } = each;
    return [
      nameOf(each),
      courseOf(lines[at], each.colour, view),
      countText(figures.count),
      valueText(figures.min),
      valueText(figures.mean, 5),
      valueText(figures.max),
      valueText(figures.deviation, 4),
      figures.interval === null ? '–' : `${figures.isSampled ? '≈ ' : ''}${durationText(figures.interval)}`,
      grade(figures.gaps, 'warn'),
      grade(figures.outOfRange, 'bad'),
      grade(figures.nan + figures.infinite, 'warn'),
    ];
  });
  const notes = [
    series.some(({ figures }) => figures.isSampled) && '≈: the median of a sample',
    series.some(({ figures }) => figures.infinite > 0) && 'NaN counts infinite values too',
  ].filter((note) => note !== false);
  return element(
    'section',
    { class: 'card' },
    element('h2', {}, 'Summary'),
    table('Summary of each event', COLUMNS, rows),
    element('p', { class: 'note' }, notes.join(' · ')),
  );
}

/** The name and the unit of a series, with its colour. */
function nameOf(series: PageSeries): HTMLElement {
  const dot = element('span', { class: 'dot' });
  paint(series.colour, (value) => dot.style.setProperty('background', value));
  return element(
    'span',
    { class: 'event' },
    dot,
    named(fullName(series)),
    ' ',
    element('span', { class: 'note' }, named(series.unit)),
  );
}

function courseOf(line: Line | undefined, colour: number, { whole }: View): Node {
  const drawing = line ? sparkline(line, whole.from, whole.to, colourOf(colour)) : document.createTextNode('');
  const path = drawing instanceof SVGElement ? drawing.querySelector('path') : null;
  paint(colour, (value) => path?.style.setProperty('stroke', value));
  return drawing;
}

function paint(colour: number, set: (value: string) => void): void {
  set(colourOf(colour));
  onThemeChange(() => set(colourOf(colour)));
}

function grade(count: number, name: string): Node {
  return element('span', { class: count > 0 ? `${name} count` : 'note' }, countText(count));
}
