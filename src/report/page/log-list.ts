import type { Mark } from '../page-data.ts';
import type { Clock } from './clock.ts';
import { button, element, named } from './dom.ts';
import type { View } from './view.ts';

/** The marks in words; choosing one shows its time. */
export function logList(marks: readonly Mark[], notes: readonly string[], view: View, clock: Clock): HTMLElement {
  const isOneDay = clock.text(view.whole.from).slice(0, 10) === clock.text(view.whole.to).slice(0, 10);
  const items = marks.map(({ at, kind, text }, index) => {
    const time = isOneDay ? clock.short(at) : clock.text(at).slice(5);
    const go = () => view.show(at - view.span / 20, at + view.span / 20);
    return element(
      'li',
      {},
      element('span', { class: `badge ${kind}`, 'aria-hidden': 'true' }, index + 1),
      button(time, go, { class: 'time', title: 'Show this time', 'aria-label': `Show ${time}, ${kind} ${index + 1}` }),
      named(text, { class: 'text' }),
    );
  });
  return element(
    'section',
    { class: 'card' },
    element('h2', {}, 'Log and rule triggers'),
    ...(items.length > 0 ? [element('ol', { class: 'log' }, ...items)] : []),
    ...notes.map((note) => element('p', { class: 'note' }, note)),
  );
}
