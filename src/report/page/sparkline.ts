import { columnsOf, type Line } from './columns.ts';
import { svg } from './dom.ts';
import type { View } from './view.ts';

const WIDTH = 120;
const HEIGHT = 22;
const COLUMNS = 80;

/** A small drawing of a whole line. */
export function sparkline(line: Line, { from, to }: View['whole']): SVGElement {
  const { times, values } = columnsOf([line], from, to, COLUMNS);
  const numbers = (values[0] ?? []).filter((value) => typeof value === 'number');
  const [min, max] = [Math.min(...numbers), Math.max(...numbers)];
  // Halves, for the difference may be larger than the largest number.
  const height = max / 2 - min / 2;
  const y = (value: number) => (height > 0 ? 2 + ((max / 2 - value / 2) / height) * (HEIGHT - 4) : HEIGHT / 2);
  let path = '';
  let isNew = true;
  times.forEach((time, at) => {
    const value = values[0]?.[at];
    if (typeof value === 'number') {
      const x = ((time - from) / (to - from || 1)) * WIDTH;
      path += `${isNew ? 'M' : 'L'}${x.toFixed(1)} ${y(value).toFixed(1)}`;
      isNew = false;
    } else if (value === null) {
      isNew = true;
    }
  });
  const drawing = svg('path', { d: path || 'M0 0', fill: 'none', 'stroke-width': 1.5, 'stroke-linejoin': 'round' });
  return svg('svg', { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, class: 'sparkline', 'aria-hidden': 'true' }, drawing);
}
