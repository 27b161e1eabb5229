import { element } from './dom.ts';
import { printLight } from './theme.ts';

/** The width of a chart on A4. */
const PRINT_PIXELS = 700;

/** Creates the part of a page that has its charts, and that keys move. */
export function chartArea(name: string, label: string): HTMLElement {
  return element('div', { class: name, tabindex: 0, role: 'group', 'aria-label': label, 'aria-describedby': 'keys' });
}

/** Calls `resize` when the charts get another width, also on paper. */
export function fitCharts(area: HTMLElement, resize: () => void): void {
  new ResizeObserver(resize).observe(area);
  printLight();
  addEventListener('beforeprint', () => {
    area.style.setProperty('width', `${PRINT_PIXELS}px`);
    resize();
  });
  addEventListener('afterprint', () => {
    area.style.removeProperty('width');
    resize();
  });
}
