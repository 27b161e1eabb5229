import type { TimeZone } from '../text/time-zone.ts';
import { type TimeRange, type TimeTick, timeTicks } from './time-ticks.ts';

/** A tick, where it is, and the texts below it that have room. Places are in characters. */
export interface FittedTick {
  at: number;
  column: number;
  /** Centred, but within the axis. */
  label: Placed | undefined;
  /** What the label is part of, such as its day, and a change of the clocks. */
  context: Placed | undefined;
}

export interface Placed {
  text: string;
  start: number;
}

/** A label takes at least this many columns. */
const LEAST_WIDTH = 6;

/**
 * Returns as many ticks as have room for their labels.
 * @param width of the axis, in characters
 */
export function fittedTicks(zone: TimeZone, range: TimeRange, width: number): FittedTick[] {
  for (let most = Math.max(2, Math.floor(width / LEAST_WIDTH)); ; most--) {
    const ticks = timeTicks(zone, range, most);
    const [labels, contexts] = [placed(ticks, range, width, labelOf), placed(ticks, range, width, contextOf)];
    const hasAll = ticks.every((tick, at) => labels[at] && (contexts[at] || contextOf(tick) === ''));
    if (hasAll || most <= 2) {
      return ticks.map(({ at }, index) => ({
        ...{ at, column: columnOf(at, range, width) },
        ...{ label: labels[index], context: contexts[index] },
      }));
    }
  }
}

function labelOf({ label }: TimeTick): string {
  return label;
}

/** A day without its year, which is above the drawing. */
function contextOf({ context, offset }: TimeTick): string {
  return [context?.replace(/ \d+$/, ''), offset].filter(Boolean).join(' ');
}

function columnOf(at: number, { from, to }: TimeRange, width: number): number {
  return Math.min(Math.floor(((at - from) / (to - from)) * width), width - 1);
}

/** Returns the texts of the ticks, without those that would touch the one before. */
function placed(
  ticks: readonly TimeTick[],
  range: TimeRange,
  width: number,
  textOf: (tick: TimeTick) => string,
): (Placed | undefined)[] {
  let end = 0;
  return ticks.map((tick) => {
    const text = textOf(tick);
    const middle = columnOf(tick.at, range, width) - Math.floor(text.length / 2);
    const start = Math.max(0, Math.min(middle, width - text.length));
    if (text === '' || start < end || text.length > width) {
      return undefined;
    }
    // After a text that has blanks itself, one more.
    end = start + text.length + (text.includes(' ') ? 2 : 1);
    return { text, start };
  });
}

export function lineOf(texts: readonly (Placed | undefined)[]): string {
  return texts.reduce((line, placed) => (placed ? line.padEnd(placed.start) + placed.text : line), '');
}
