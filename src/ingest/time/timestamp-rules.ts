import { InvalidInputError } from '../../errors.ts';
import { excerpt } from '../../text/printable.ts';
import { timeZone } from '../../text/time-zone.ts';
import { timeFormat } from './time-format.ts';
import { type Ambiguous, type Nonexistent, TimestampReader, type TimestampRules } from './timestamp.ts';

/** How the timestamps of a file are read, as plain text. */
export interface TimestampOptions {
  /**
   * The time zone of timestamps without an offset, an IANA name or an offset; if omitted, they are rejected. Times that the clocks
   * repeat or skip are rejected by default.
   */
  timezone?: string;
  /** Letters of strptime, such as `%d.%m.%Y %H:%M:%S`, or `iso` (default), `unix`, `unix_ms`, `unix_us`, `unix_ns`, `excel`, `elapsed`, `elapsed_ms`, `elapsed_min`, `elapsed_h`. */
  timeFormat?: string;
  /** The instant from which `elapsed` counts: ISO 8601, without an offset in `timezone`. */
  start?: string;
  /** Which instant a time is that the clocks repeat; `infer` tells by the order of the rows of each event. */
  ambiguous?: Ambiguous;
  /** Whether times that the clocks skip are read with the offset before the change (`shift`), or left out (`skip`). */
  nonexistent?: Nonexistent;
  /** The decimal separator; a dot by default. */
  decimal?: '.' | ',';
}

export const AMBIGUOUS: readonly Ambiguous[] = ['refuse', 'earlier', 'later', 'infer'];
export const NONEXISTENT: readonly Nonexistent[] = ['refuse', 'shift', 'skip'];

/**
 * Checks the options, and compiles them.
 * @throws InvalidInputError
 */
export function timestampRules(options: TimestampOptions): TimestampRules {
  const { timezone, start, ambiguous = 'refuse', nonexistent = 'refuse', decimal } = options;
  refuseOther('ambiguous', ambiguous, AMBIGUOUS);
  refuseOther('nonexistent', nonexistent, NONEXISTENT);
  const zone = timezone === undefined ? undefined : timeZone(timezone, 'The request');
  const format = options.timeFormat === undefined ? undefined : timeFormat(options.timeFormat);
  if ((start !== undefined) !== (format?.elapsed === true)) {
    throw new InvalidInputError(
      start === undefined
        ? `The time format ${format?.name} counts from a start.`
        : 'A start is only for times that count from it.',
      {
        hint:
          start === undefined
            ? 'Pass --start, such as --start 2026-01-31T13:45:00+01:00.'
            : 'Pass --time-format elapsed, elapsed_ms, elapsed_min or elapsed_h, or omit --start.',
      },
    );
  }
  const first = start === undefined ? undefined : new TimestampReader({ zone }).read(start);
  if (first === 'skip' || (first && 'problem' in first) || (first && !Number.isFinite(first.microseconds))) {
    const problem = first !== 'skip' && 'problem' in first ? first.problem : `${excerpt(start ?? '')} is not a time`;
    throw new InvalidInputError(`The start: ${problem}.`);
  }
  return { format, zone, ambiguous, nonexistent, decimal, start: first?.microseconds };
}

function refuseOther(name: string, value: string, values: readonly string[]): void {
  if (!values.includes(value)) {
    throw new InvalidInputError(`--${name}: ${excerpt(value)} is not one of ${values.join(', ')}.`);
  }
}
