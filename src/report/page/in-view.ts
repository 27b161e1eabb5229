import { duration } from '../../text/duration.ts';
import type { Clock } from './clock.ts';
import { type Curve, extremesOf, indexAfter, indexOf } from './columns.ts';
import type { Viewed } from './csv.ts';
import { element, named } from './dom.ts';
import { counted, countText, spanText } from './numbers.ts';
import { fullName } from './series-name.ts';
import { table } from './table.ts';
import type { View } from './view.ts';

const ROWS = 20;

/** The data that are in view, merged to a few rows. */
export function dataInView(all: readonly Viewed[], view: View, clock: Clock): { card: HTMLElement; update(): void } {
  const note = element('span', { class: 'note' });
  const place = element('div');
  const card = element(
    'section',
    { class: 'card in-view' },
    element('div', { class: 'section-head' }, element('h2', {}, 'Data in view'), note),
    place,
    element('p', { class: 'note', id: 'csv-note' }),
  );
  const update = () => {
    const shown = all.filter(({ isShown }) => isShown);
    const step = view.span / ROWS;
    const columns = shown.map(({ series }) => element('span', {}, named(fullName(series)), ` (${series.unit})`));
    const rows = Array.from({ length: ROWS }, (_, row) => {
      const from = view.from + row * step;
      return [clock.text(from, step), ...shown.map(({ curve }) => cell(curve, from, from + step))];
    });
    note.replaceChildren(`every ${duration(step)}, ${counted(ROWS, 'row')}: least … greatest value`);
    place.replaceChildren(table('Data in view', ['Time', ...columns], rows));
    card.querySelector('#csv-note')?.replaceChildren(csvNote(shown, view));
  };
  return { card, update };
}

function cell(curve: Curve, from: number, to: number): string {
  const found = extremesOf(curve, indexOf(curve.times, from), indexOf(curve.times, to));
  return found ? spanText(found.low, found.high) : '';
}

function csvNote(shown: readonly Viewed[], view: View): string {
  const points = shown.reduce((sum, { curve }) => sum + pointsIn(curve, view), 0);
  const areExact = shown.every(({ curve }) => curve.width === 0);
  const what = areExact
    ? counted(points, 'datapoint')
    : `${countText(points)} buckets, each with its least and greatest value, not the datapoints themselves`;
  return `"Download CSV" saves what is in view of the lines that are shown: ${what}.`;
}

function pointsIn({ times }: Curve, { from, to }: View): number {
  return indexAfter(times, to) - indexOf(times, from);
}
