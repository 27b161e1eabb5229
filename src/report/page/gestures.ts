import type { View } from './view.ts';

/** Pinching and panning with fingers, panning with Shift and the mouse, zooming with Ctrl and the wheel. */
export function addGestures(plot: HTMLElement, view: View): void {
  const fingers = new Map<number, number>();
  const share = (x: number) => (x - plot.getBoundingClientRect().left) / plot.clientWidth;
  const timeAt = (x: number) => view.from + share(x) * view.span;

  plot.addEventListener('pointerdown', (event) => {
    if (event.pointerType === 'touch') {
      fingers.set(event.pointerId, event.clientX);
    }
  });
  plot.addEventListener('pointermove', (event) => {
    const before = [...fingers.values()];
    if (!fingers.has(event.pointerId)) {
      return;
    }
    fingers.set(event.pointerId, event.clientX);
    const after = [...fingers.values()];
    const [a = 0, b] = before.map(timeAt);
    const [c = 0, d] = after.map(share);
    if (b === undefined || d === undefined) {
      view.pan((before[0] ?? 0) === event.clientX ? 0 : share(before[0] ?? 0) - c);
    } else if (Math.abs(d - c) > 0.02) {
      // The times under both fingers stay under them.
      const span = (b - a) / (d - c);
      view.show(a - c * span, a + (1 - c) * span);
    }
  });
  for (const end of ['pointerup', 'pointercancel', 'pointerleave'] as const) {
    plot.addEventListener(end, ({ pointerId }) => fingers.delete(pointerId));
  }
  plot.addEventListener(
    'wheel',
    (event) => {
      if (event.ctrlKey || event.metaKey) {
        event.preventDefault();
        view.zoom(1.002 ** Math.max(-300, Math.min(300, event.deltaY)), timeAt(event.clientX));
      }
    },
    { passive: false },
  );
}

/** Moves the view with the mouse until its button is released. */
export function panWith(start: MouseEvent, plot: HTMLElement, view: View): void {
  let last = start.clientX;
  const move = (event: MouseEvent) => {
    view.pan((last - event.clientX) / plot.clientWidth);
    last = event.clientX;
  };
  addEventListener('mousemove', move);
  addEventListener('mouseup', () => removeEventListener('mousemove', move), { once: true });
}
