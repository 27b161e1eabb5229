import { duration } from '../../text/duration.ts';
import type { BoardSeries, BoardValue } from '../board-data.ts';
import { chartIn } from './board-chart.ts';
import { shownValue, type Widget, type WidgetOptions } from './board-widget.ts';
import type { Clock } from './clock.ts';
import { element, named, svg } from './dom.ts';
import { valueText } from './numbers.ts';

export function widgetOf(board: HTMLElement, options: WidgetOptions): Widget {
  const { widget, series, clock } = options;
  const body = element('div', { class: 'widget-body' });
  const about = element('p', { class: 'note' });
  const met = element('p', { class: 'met bad' });
  const card = element('section', { class: 'card widget' }, element('h2', {}, named(widget.title)), about, body, met);
  for (const name of ['x', 'y', 'w', 'h'] as const) {
    card.style.setProperty(`--${name}`, String(widget[name]));
  }
  board.append(card);
  if (!series) {
    body.append(element('p', { class: 'note' }, 'No event: none was chosen, or it was deleted.'));
    return { show: () => {} };
  }
  const time = element('span');
  about.append(named(series.name), time);
  const content = contentOf(widget.type, body, { ...options, series });
  const show = (value: BoardValue | null) => {
    content.show(value);
    time.replaceChildren(value ? timeText(value, clock, options.isLive) : ' · no datapoint');
    met.replaceChildren(...(value?.met ?? []).map((text) => named(`▲ ${text}`)));
  };
  return { ...content, show };
}

function contentOf(type: string, body: HTMLElement, options: WidgetOptions & { series: BoardSeries }): Widget {
  const { series, widget } = options;
  switch (type) {
    case 'line_chart':
      return chartIn(body, options);
    case 'gauge':
      return gauge(body, series, widget.title);
    case 'actuator_toggle':
      return toggle(body);
    default:
      return stat(body, series);
  }
}

/** When a value was measured, or how long ago, where that is kept up to date. */
function timeText({ at, ageSeconds }: BoardValue, clock: Clock, isLive: boolean): string {
  const isAge = isLive && ageSeconds !== null && ageSeconds >= 0;
  return isAge ? ` · ${duration(Math.floor(ageSeconds))} ago` : at === null ? '' : ` · ${clock.text(at)}`;
}

/** A large number, with its unit. */
function stat(body: HTMLElement, { unit }: BoardSeries): Widget {
  const number = element('strong', { class: 'stat' });
  body.append(number);
  return {
    show: (value) => number.replaceChildren(shownValue(value), ' ', element('span', { class: 'note' }, named(unit))),
  };
}

const RADIUS = 80;
const LENGTH = Math.PI * RADIUS;
const ARC = `M20 92 A${RADIUS} ${RADIUS} 0 0 1 180 92`;

/** An arc of the event's range, filled up to the value; without a range, the number only. */
function gauge(body: HTMLElement, series: BoardSeries, title: string): Widget {
  const { min, max, unit } = series;
  const number = stat(body, series);
  if (min === null || max === null) {
    return number;
  }
  const filled = svg('path', { d: ARC, class: 'gauge-value' });
  const ends = [
    svg('text', { x: 20, y: 110, 'text-anchor': 'middle' }, valueText(min)),
    svg('text', { x: 180, y: 110, 'text-anchor': 'middle' }, valueText(max)),
  ];
  const drawing = svg(
    'svg',
    { viewBox: '0 0 200 114', class: 'gauge', role: 'img' },
    svg('path', { d: ARC, class: 'gauge-range' }),
    filled,
    ...ends,
  );
  body.prepend(drawing);
  body.classList.add('with-gauge');
  return {
    show: (value) => {
      number.show(value);
      const known = typeof value?.value === 'number' ? value.value : Number(value?.value ?? Number.NaN);
      const share = Math.min(Math.max((known - min) / (max - min), 0), 1) || 0;
      filled.setAttribute('stroke-dasharray', `${share * LENGTH} ${2 * LENGTH}`);
      filled.classList.toggle('out', known < min || known > max);
      drawing.setAttribute('aria-label', `${title}: ${shownValue(value)} ${unit}, of ${min} to ${max}`);
    },
  };
}

/** The state of an actuator, which this page does not change. */
function toggle(body: HTMLElement): Widget {
  const knob = element('span', { class: 'switch', 'aria-hidden': 'true' });
  const state = element('strong', { class: 'stat' });
  body.append(element('div', { class: 'toggle' }, knob, state));
  return {
    show: (value) => {
      const number = value?.value;
      const isKnown = typeof number === 'number';
      const isOn = isKnown && number !== 0;
      knob.classList.toggle('on', isOn);
      state.replaceChildren(
        isKnown
          ? `${isOn ? 'On' : 'Off'}${number === 0 || number === 1 ? '' : ` (${valueText(number)})`}`
          : shownValue(value),
      );
    },
  };
}
