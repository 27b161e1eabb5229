/** An ISO 8601 date, or date and time of day. Groups: date, hour, minute, second, digits of the fraction, offset. */
export const ISO_8601 = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d+))?)?)?(Z|[+-]\d\d(?::?\d\d)?)?$/;

/** Returns an offset in the form that Date reads: `+01` and `+0100` as `+01:00`. */
export function wholeOffset(offset: string): string {
  if (offset === 'Z') {
    return offset;
  }
  return `${offset.slice(0, 3)}:${offset.length > 3 ? offset.slice(-2) : '00'}`;
}
