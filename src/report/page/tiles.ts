import { duration } from '../../text/duration.ts';
import type { PageSeries, ReportData } from '../page-data.ts';
import { element } from './dom.ts';
import { countText, valueText } from './numbers.ts';

export function tiles({ series, run, time }: ReportData): HTMLElement {
  const sum = (value: (figures: PageSeries['figures']) => number) =>
    series.reduce((total, { figures }) => total + value(figures), 0);
  const seconds = (run.stopped ?? time.to) - (run.started ?? time.from);
  const datapoints = sum(({ count }) => count);
  const gaps = sum((figures) => figures.gaps);
  const longest = Math.max(0, ...series.map(({ figures }) => figures.longestGap));
  const outOfRange = sum((figures) => figures.outOfRange);
  const notANumber = sum(({ nan, infinite }) => nan + infinite);
  const rate = seconds > 0 ? `${valueText(datapoints / seconds, 3)}/s` : '';
  return element(
    'div',
    { class: 'tiles' },
    tile('Duration', duration(seconds)),
    tile('Datapoints', countText(datapoints), rate),
    tile('Events', countText(series.length)),
    tile('Gaps', countText(gaps), gaps > 0 ? `longest ${duration(longest)}` : '', gaps > 0 ? 'warn' : ''),
    tile('Out of range', countText(outOfRange), outOfRange === 1 ? 'value' : 'values', outOfRange > 0 ? 'bad' : ''),
    tile('Not a number', countText(notANumber), '', notANumber > 0 ? 'warn' : ''),
  );
}

function tile(label: string, value: string, note = '', grade = ''): HTMLElement {
  return element(
    'div',
    { class: 'card tile' },
    element('div', { class: 'tile-label' }, label),
    element('div', { class: `tile-value ${grade}` }, value, element('span', { class: 'note' }, note && ` ${note}`)),
  );
}
