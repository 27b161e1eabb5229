import type { PageData } from '../page-data.ts';
import type { Clock } from './clock.ts';
import { button, element, named } from './dom.ts';
import { toggleTheme } from './theme.ts';

/** The title of the page, what it is about, and its buttons. */
export function header(data: PageData, clock: Clock, download: () => void): HTMLElement {
  const title = element('h1', {}, named(data.title));
  if (data.kind === 'report') {
    const status = data.run.isRunning ? 'running' : 'finished';
    title.append(element('span', { class: `status ${status}` }, status));
  }
  return element(
    'header',
    {},
    element('div', {}, title, data.kind === 'report' ? about(data, clock) : runs(data)),
    element(
      'div',
      { class: 'actions' },
      button('Light or dark', toggleTheme),
      button('Download CSV', download, { 'aria-describedby': 'csv-note' }),
    ),
  );
}

function about({ run, time }: PageData & { kind: 'report' }, clock: Clock): HTMLElement {
  const [start, end] = [run.started ?? time.from, run.stopped ?? time.to];
  const line = element('p', { class: 'about' }, strong(clock.text(start)), ' to ');
  line.append(run.isRunning ? 'now' : strong(clock.text(end)), ` · ${clock.name}`);
  if (run.owner !== null) {
    line.append(' · run by ', element('strong', {}, named(run.owner)));
  }
  return line;
}

function runs({ runs: both }: PageData & { kind: 'compare' }): HTMLElement {
  const line = element('p', { class: 'about' });
  both.forEach(({ name, started }, at) => {
    line.append(at === 0 ? '' : ' and ', element('strong', {}, named(name)), ` from ${started}`);
  });
  line.append(' · over each other by the time since their start');
  return line;
}

function strong(text: string): HTMLElement {
  return element('strong', {}, text);
}
