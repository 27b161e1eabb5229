import { offsetText } from '../text/iso-8601.ts';
import type { TimeZone } from '../text/time-zone.ts';

/** Returns a function that writes a time, in seconds since 1970, as PostgreSQL prints it in a time zone. */
export function serverTimes(zone: TimeZone): (time: number) => string {
  let [offset, suffix] = [Number.NaN, ''];
  return (time) => {
    const now = zone.offsetAt(time * 1000);
    if (now !== offset) {
      [offset, suffix] = [now, offsetText(now).replace(/:00$/, '')];
    }
    const local = new Date((time + offset) * 1000);
    const year = local.getUTCFullYear();
    // From the month on.
    const rest = local.toISOString().slice(-20, -5).replace('T', ' ');
    return `${String(year > 0 ? year : 1 - year).padStart(4, '0')}${rest}${suffix}${year > 0 ? '' : ' BC'}`;
  };
}
