import { element } from './dom.ts';
import type { View } from './view.ts';

const HELP =
  'Arrow keys move, + and − zoom, 0 shows all, Home and End show the start and the end, Shift and an arrow key move the cursor, Escape removes it.';

/** Describes the keys, to those who do not see the page. */
export function keysHelp(): HTMLElement {
  return element('p', { class: 'hidden', id: 'keys' }, HELP);
}

/**
 * Adds keys that change the view while the charts have the focus, or nothing has.
 * @param onCursor called when the cursor is moved to a time, or removed
 */
export function addKeys(charts: HTMLElement, view: View, onCursor: (time: number | undefined) => void): void {
  let cursor: number | undefined;
  const moveCursor = (share: number) => {
    const moved = (cursor ?? (view.from + view.to) / 2) + share * view.span;
    cursor = Math.min(Math.max(moved, view.from), view.to);
    onCursor(cursor);
  };
  const removeCursor = () => {
    cursor = undefined;
    onCursor(cursor);
  };
  const actions: Record<string, () => void> = {
    ArrowLeft: () => view.pan(-0.1),
    ArrowRight: () => view.pan(0.1),
    '+': () => view.zoom(0.5),
    '=': () => view.zoom(0.5),
    '-': () => view.zoom(2),
    '0': () => view.showAll(),
    Home: () => view.show(view.whole.from, view.whole.from + view.span),
    End: () => view.show(view.whole.to - view.span, view.whole.to),
    Escape: removeCursor,
  };
  document.addEventListener('keydown', (event) => {
    const { key, shiftKey, ctrlKey, altKey, metaKey, target } = event;
    const isHere = target === document.body || (target instanceof Node && charts.contains(target));
    if (!isHere || ctrlKey || altKey || metaKey) {
      return;
    }
    const isMove = shiftKey && (key === 'ArrowLeft' || key === 'ArrowRight');
    const action = isMove ? () => moveCursor(key === 'ArrowLeft' ? -0.02 : 0.02) : actions[key];
    if (action) {
      event.preventDefault();
      action();
    }
  });
}
