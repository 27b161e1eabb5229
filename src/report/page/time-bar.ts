import { duration } from '../../text/duration.ts';
import type { Clock } from './clock.ts';
import { button, element } from './dom.ts';
import type { View } from './view.ts';

/** Stays at the top: what is in view, and buttons that change it. */
export function timeBar(view: View, clock: Clock): HTMLElement {
  const range = element('strong', { class: 'range' });
  const span = element('span', { class: 'note' });
  const buttons = {
    earlier: button('◀', () => view.pan(-0.25), { 'aria-label': 'Earlier' }),
    later: button('▶', () => view.pan(0.25), { 'aria-label': 'Later' }),
    out: button('−', () => view.zoom(2), { 'aria-label': 'Zoom out' }),
    in: button('+', () => view.zoom(0.5), { 'aria-label': 'Zoom in' }),
    all: button('Show all', () => view.showAll()),
  };
  const update = () => {
    range.replaceChildren(rangeText(view, clock));
    span.replaceChildren(
      ` ${duration(view.span)}${view.isFinest && !view.isWhole ? ', finest detail of the file' : ''}`,
    );
    // Not disabled, for that would take the focus away.
    disable(buttons.earlier, view.from <= view.whole.from);
    disable(buttons.later, view.to >= view.whole.to);
    disable(buttons.in, view.isFinest);
    disable(buttons.out, view.isWhole);
    disable(buttons.all, view.isWhole);
  };
  view.onChange(update);
  update();
  return element(
    'div',
    { class: 'card time-bar', role: 'toolbar', 'aria-label': 'Time in view' },
    element('div', {}, range, span),
    element('div', { class: 'hint' }, 'Drag to zoom · Shift-drag to pan · double-click shows all'),
    element('div', { class: 'buttons' }, ...Object.values(buttons)),
  );
}

export function rangeText(view: View, clock: Clock): string {
  const step = view.span / 100;
  const [from, to] = [clock.text(view.from, step), clock.text(view.to, step)];
  const day = from.slice(0, from.indexOf(' ') + 1);
  return `${from} – ${to.startsWith(day) ? to.slice(day.length) : to}`;
}

function disable(target: HTMLButtonElement, isDisabled: boolean): void {
  target.setAttribute('aria-disabled', String(isDisabled));
}
