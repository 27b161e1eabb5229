import { duration } from '../../text/duration.ts';
import type { PageSeries } from '../page-data.ts';
import type { Line } from './columns.ts';
import { element, named } from './dom.ts';
import { countText, valueText } from './numbers.ts';
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

export function summary(lines: readonly (Line & { series: PageSeries })[], { whole }: View): HTMLElement {
  const all = lines.map(({ series }) => series.figures);
  const rows = lines.map((line) => {
    const { figures, colour } = line.series;
    const drawing = sparkline(line, whole);
    paint(colour, (value) => drawing.style.setProperty('stroke', value));
    return [
      nameOf(line.series),
      drawing,
      countText(figures.count),
      valueText(figures.min),
      valueText(figures.mean, 5),
      valueText(figures.max),
      valueText(figures.stddev, 4),
      figures.interval === null ? '–' : `${figures.isSampled ? '≈ ' : ''}${duration(figures.interval)}`,
      grade(figures.gaps, 'warn'),
      grade(figures.outOfRange, 'bad'),
      grade(figures.nan + figures.infinite, 'warn'),
    ];
  });
  const notes = [
    all.some(({ isSampled }) => isSampled) && '≈: the median of a sample',
    all.some(({ infinite }) => infinite > 0) && 'NaN counts infinite values too',
  ].filter((note) => note !== false);
  return element(
    'section',
    { class: 'card' },
    element('h2', {}, 'Summary'),
    table('Summary of each event', COLUMNS, rows),
    element('p', { class: 'note' }, notes.join(' · ')),
  );
}

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

function paint(colour: number, set: (value: string) => void): void {
  set(colourOf(colour));
  onThemeChange(() => set(colourOf(colour)));
}

function grade(count: number, name: string): Node {
  return element('span', { class: count > 0 ? `${name} count` : 'note' }, countText(count));
}
