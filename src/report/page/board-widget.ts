import type { BoardSeries, BoardValue, BoardWidget, LiveValue } from '../board-data.ts';
import type { LineChart } from './chart.ts';
import type { Clock } from './clock.ts';
import type { Curve } from './columns.ts';
import { valueText } from './numbers.ts';
import type { View } from './view.ts';

export interface WidgetOptions {
  widget: BoardWidget;
  /** None if the widget has no event. */
  series: BoardSeries | undefined;
  curve: Curve | undefined;
  view: View;
  clock: Clock;
  /** Whether values arrive, so that their age is known. */
  isLive: boolean;
}

export interface Widget {
  /** Shows the last value. */
  show(value: BoardValue | null): void;
  /** Adds a value to what is drawn next; returns whether it is new. */
  append?(value: LiveValue): boolean;
  resize?(): void;
  chart?: LineChart;
}

/** Returns the last value in words. */
export function shownValue(value: BoardValue | null): string {
  return value === null ? '–' : typeof value.value === 'number' ? valueText(value.value) : value.value;
}
