import type { PageSeries } from '../page-data.ts';
import type { Clock } from './clock.ts';
import { type Curve, indexAfter, indexOf } from './columns.ts';
import { exactText } from './numbers.ts';
import { fullName } from './series-name.ts';
import type { View } from './view.ts';

/** A line whose data are in view, unless it is hidden. */
export interface Viewed {
  series: PageSeries;
  curve: Curve;
  isShown: boolean;
}

/** Returns `time,event,unit,min,max` of each bucket or datapoint, line by line. */
export function csvOf(all: readonly Viewed[], { from, to }: View, clock: Clock): string {
  const rows = ['time,event,unit,min,max'];
  for (const { series, curve, isShown } of all) {
    const { times, low, high } = curve;
    const [name, unit] = [fullName(series), series.unit].map(field);
    const end = isShown ? indexAfter(times, to) : 0;
    for (let at = indexOf(times, from); at < end; at += 1) {
      const values = [low, high].map((each) => exactText(each[at] ?? Number.NaN, each instanceof Float32Array));
      rows.push([clock.exact(times[at] ?? 0), name, unit, ...values].join(','));
    }
  }
  return `${rows.join('\r\n')}\r\n`;
}

/** An apostrophe keeps a spreadsheet from calculating with a name. */
function field(text: string): string {
  const inert = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(inert) ? `"${inert.replaceAll('"', '""')}"` : inert;
}
