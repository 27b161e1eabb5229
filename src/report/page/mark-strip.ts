import type { Mark } from '../page-data.ts';
import { AXIS_PIXELS, EDGE_PIXELS } from './chart.ts';
import { element } from './dom.ts';
import type { View } from './view.ts';

/** Marks that are nearer than this share one badge. */
const APART_PIXELS = 26;

/** The numbers of the marks, above where they are in the chart below; those of marks that are close together are one range. */
export function markStrip(marks: readonly Mark[], view: View): HTMLElement {
  const strip = element('div', { class: 'strip', 'aria-hidden': 'true' });
  const draw = () => {
    const width = strip.clientWidth - AXIS_PIXELS - EDGE_PIXELS;
    const groups: { x: number; first: number; last: number; kind: string }[] = [];
    marks.forEach(({ at, kind }, index) => {
      const x = ((at - view.from) / view.span) * width;
      const last = groups.at(-1);
      if (x < 0 || x > width) {
        return;
      }
      if (last && x - last.x < APART_PIXELS) {
        last.last = index + 1;
        last.kind = worse(last.kind, kind);
      } else {
        groups.push({ x, first: index + 1, last: index + 1, kind });
      }
    });
    strip.replaceChildren(
      ...groups.map(({ x, first, last, kind }) => {
        const badge = element('span', { class: `badge ${kind}` }, first === last ? first : `${first}–${last}`);
        badge.style.setProperty('left', `${AXIS_PIXELS + x}px`);
        return badge;
      }),
    );
  };
  view.onChange(draw);
  new ResizeObserver(draw).observe(strip);
  return strip;
}

const ORDER = ['info', 'warning', 'error', 'rule'];

function worse(left: string, right: string): string {
  return ORDER.indexOf(left) < ORDER.indexOf(right) ? right : left;
}
