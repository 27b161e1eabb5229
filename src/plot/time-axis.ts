import type { TimeZone } from '../text/time-zone.ts';
import { type TimeTick, timeTicks } from './time-ticks.ts';

/** A tick, and the column that it is in. */
interface PlacedTick extends TimeTick {
  column: number;
}

/** The lines below a drawing: the axis, the labels, and what they are part of. */
export type TimeAxis = [axis: string, labels: string, contexts: string];

/** A label takes at least this many columns. */
const LEAST_WIDTH = 6;

/** Draws an axis of time with as many ticks as have room for their labels. */
export function timeAxis(
  zone: TimeZone,
  range: { from: number; to: number },
  width: number,
  { line, tick }: { line: string; tick: string },
): TimeAxis {
  let most = Math.max(2, Math.floor(width / LEAST_WIDTH));
  let ticks = placed(zone, range, width, most);
  while (most > 2 && !(written(ticks, width, labelOf).all && written(ticks, width, contextOf).all)) {
    most -= 1;
    ticks = placed(zone, range, width, most);
  }
  const at = new Set(ticks.map(({ column }) => column));
  const axis = Array.from({ length: width }, (_, column) => (at.has(column) ? tick : line)).join('');
  return [axis, written(ticks, width, labelOf).line, written(ticks, width, contextOf).line];
}

function placed(zone: TimeZone, { from, to }: { from: number; to: number }, width: number, most: number): PlacedTick[] {
  return timeTicks(zone, { from, to }, most).map((tick) => {
    const column = Math.min(Math.floor(((tick.at - from) / (to - from)) * width), width - 1);
    return { ...tick, column };
  });
}

function labelOf({ label }: TimeTick): string {
  return label;
}

/** A day without its year, which is above the drawing. */
function contextOf({ context, offset }: TimeTick): string {
  return [context?.replace(/ \d+$/, ''), offset].filter(Boolean).join(' ');
}

/** Writes texts centred below their ticks; one that has no room is left out. */
function written(
  ticks: readonly PlacedTick[],
  width: number,
  textOf: (tick: TimeTick) => string,
): { line: string; all: boolean } {
  let [line, all] = ['', true];
  for (const tick of ticks) {
    const text = textOf(tick);
    const start = Math.max(0, Math.min(tick.column - Math.floor(text.length / 2), width - text.length));
    // Between texts that have blanks themselves, one more.
    const end = line === '' ? 0 : line.length + (/ /.test(text) ? 2 : 1);
    const hasRoom = text === '' || (start >= end && text.length <= width);
    line = hasRoom && text !== '' ? line.padEnd(start) + text : line;
    all &&= hasRoom;
  }
  return { line, all };
}
