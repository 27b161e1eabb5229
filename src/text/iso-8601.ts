/** An ISO 8601 date, or date and time of day. Groups: date, hour, minute, second, digits of the fraction, offset. */
export const ISO_8601 = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d+))?)?)?(Z|[+-]\d\d(?::?\d\d)?)?$/;

/** Returns an offset in the form that Date reads: `+01` and `+0100` as `+01:00`. */
export function wholeOffset(offset: string): string {
  if (offset === 'Z') {
    return offset;
  }
  return `${offset.slice(0, 3)}:${offset.length > 3 ? offset.slice(-2) : '00'}`;
}

/** Returns the minutes of an offset of {@link ISO_8601}; NaN for one of 16 hours and more, which PostgreSQL rejects. */
export function offsetMinutes(offset: string): number {
  if (offset === 'Z') {
    return 0;
  }
  const [hours, minutes] = [Number(offset.slice(1, 3)), Number(offset.slice(3).replace(':', '') || 0)];
  return hours > 15 || minutes > 59 ? Number.NaN : (offset.startsWith('-') ? -1 : 1) * (hours * 60 + minutes);
}

/** Formats an offset, given in seconds: `+01:00`, or `+00:53:28` as before there were time zones. */
export function offsetText(seconds: number): string {
  const rest = Math.abs(seconds);
  const twoDigits = (count: number) => String(Math.floor(count)).padStart(2, '0');
  const text = `${seconds < 0 ? '-' : '+'}${twoDigits(rest / 3600)}:${twoDigits((rest / 60) % 60)}`;
  return rest % 60 === 0 ? text : `${text}:${twoDigits(rest % 60)}`;
}
