import type { Mark } from '../page-data.ts';
import type { Clock } from './clock.ts';
import type { Line, Reading } from './columns.ts';
import type { View } from './view.ts';

/** A line of a chart that can be hidden. */
export interface ChartLine extends Line {
  colour: number;
  outOfRange: readonly [from: number, to: number][];
  isShown: boolean;
}

export interface ChartOptions {
  lines: readonly ChartLine[];
  thresholds: readonly { value: number; text: string }[];
  marks: readonly Mark[];
  /** In pixels. */
  height: number;
  view: View;
  clock: Clock;
  /** Called with a reading of each line where the cursor is; without a time when it leaves. */
  onCursor(time: number | undefined, readings: readonly Reading[]): void;
}
