import { counted } from '../../text/counted.ts';

/** What was done to timestamps as they were read. */
export interface TimestampCounts {
  /** Timestamps that had more digits than microseconds. */
  rounded: number;
  /** Timestamps that the clocks skip, read with the offset before the change (`nonexistent: 'shift'`). */
  shifted: number;
  /** Lines that were left out because the clocks skip their time (`nonexistent: 'skip'`). */
  skipped: number;
}

export function noTimestamps(): TimestampCounts {
  return { rounded: 0, shifted: 0, skipped: 0 };
}

/** What the user should know about them. */
export function timestampNotes({ rounded, shifted, skipped }: TimestampCounts): string[] {
  return [
    note(rounded, 'timestamp was', 'timestamps were', 'rounded to the microsecond.'),
    note(shifted, 'timestamp that the clocks skip was', 'timestamps that the clocks skip were', 'shifted.'),
    note(skipped, 'line was', 'lines were', 'left out, at times that the clocks skip.'),
  ].flat();
}

function note(count: number, one: string, many: string, what: string): string[] {
  return count === 0 ? [] : [`${counted(count, one, many)} ${what}`];
}
