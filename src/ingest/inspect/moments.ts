import { offsetText } from '../../text/iso-8601.ts';
import { timeZone } from '../../text/time-zone.ts';
import { UtcText } from '../time/utc-text.ts';
import type { Figures, FileTime } from './figures.ts';
import type { Moment } from './inspection.ts';

/** The years 1 to 9999, in microseconds. */
const [FIRST, LAST] = [-62_135_596_800_000_000, 253_402_300_800_000_000];

/** The first and the last time of a file, in UTC and in its time zone. */
export function moments(
  { first, last }: Figures,
  timezone: string | undefined,
): { first: Moment | undefined; last: Moment | undefined } {
  return { first: first && momentOf(first, timezone), last: last && momentOf(last, timezone) };
}

function momentOf({ text, given, microseconds }: FileTime, timezone: string | undefined): Moment {
  if (!(microseconds >= FIRST && microseconds < LAST)) {
    return { text: given.trim(), microseconds, local: undefined, utc: text };
  }
  const utc = isoOf(microseconds);
  const offset = timezone === undefined ? undefined : timeZone(timezone, 'The file').offsetAt(microseconds / 1000);
  const local =
    offset === undefined ? undefined : `${isoOf(microseconds + offset * 1e6).slice(0, -1)}${offsetText(offset)}`;
  return { text: given.trim(), microseconds, local, utc };
}

/** Formats an instant as ISO 8601, in UTC. */
export function isoOf(microseconds: number): string {
  const milliseconds = Math.floor(microseconds / 1000);
  return new UtcText().of(milliseconds, microseconds - milliseconds * 1000);
}
