/** A date and a time of day, exactly as a text has it. */
export interface Clock {
  /** Since 1970, as if it were in UTC; of a duration, since its start. */
  milliseconds: number;
  /** Below the millisecond, 0 to 999,999; digits below a nanosecond are a fraction of it. */
  nanoseconds: number;
  /** East of Greenwich, with a fraction before there were time zones; undefined for a local time. */
  offsetMinutes: number | undefined;
}

/** One way to write a timestamp. */
export interface TimeFormat {
  /** As in `--time-format`. */
  readonly name: string;
  /** Whether it is the time since a start, and not a time of the calendar. */
  readonly elapsed?: boolean;
  /** Returns undefined for a text in another format, and for a time that does not exist. The text has no blanks around it. */
  parse(text: string): Clock | undefined;
}
