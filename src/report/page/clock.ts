import { clockStep, decimalStep, type TimeTick, timeTicks, utcOffset } from '../../plot/time-ticks.ts';
import { offsetText } from '../../text/iso-8601.ts';
import { offsetsOfLocal, type TimeZone } from '../../text/time-zone.ts';
import type { PageTime } from '../page-data.ts';

/** How times are written: by the clocks of a time zone, or since the start of a run. */
export interface Clock {
  /** Such as `Europe/Berlin`, or what the times count from. */
  name: string;
  ticks(from: number, to: number, most: number): TimeTick[];
  /** Date and time, as finely as the step needs: `2026-10-24 22:00:00`. */
  text(time: number, step?: number): string;
  /** The time of day only. */
  short(time: number): string;
  /** For programs: ISO 8601 with offset, or seconds. */
  exact(time: number): string;
}

export function clockOf({ zone }: PageTime): Clock {
  return zone ? wallClock(zoneOf(zone)) : RUNNING;
}

function zoneOf({ name, periods }: NonNullable<PageTime['zone']>): TimeZone {
  const offsetAt = (moment: number) =>
    (periods.findLast(({ from }) => from * 1000 <= moment) ?? periods[0])?.offset ?? 0;
  return { name, offsetAt };
}

function wallClock(zone: TimeZone): Clock {
  const offsetAt = (time: number) => zone.offsetAt(Math.floor(time) * 1000);
  const local = (time: number, decimals: number) => {
    const rounded = Math.floor(time * 10 ** decimals + 1e-3) / 10 ** decimals;
    const whole = Math.floor(rounded);
    const date = new Date((whole + offsetAt(time)) * 1000).toISOString().slice(0, -5).replace('T', ' ');
    return decimals === 0 ? date : `${date}${(rounded - whole).toFixed(decimals).slice(1)}`;
  };
  // An hour that comes twice is told apart.
  const changed = (time: number) => {
    const { possible } = offsetsOfLocal(zone, (Math.floor(time) + offsetAt(time)) * 1000);
    return possible.length > 1 ? ` ${utcOffset(offsetAt(time))}` : '';
  };
  const text = (time: number, step = 1) => `${local(time, decimalsOf(step))}${changed(time)}`;
  return {
    name: zone.name,
    ticks: (from, to, most) => timeTicks(zone, { from, to }, most),
    text,
    short: (time) => text(time).replace(/^\S+ /, ''),
    exact: (time) => `${local(time, 6).replace(' ', 'T')}${offsetText(offsetAt(time))}`,
  };
}

/** Decimals of seconds that tell steps apart. */
function decimalsOf(step: number): number {
  return step >= 1 ? 0 : Math.min(6, Math.ceil(-Math.log10(step)));
}

const DAY = 86_400;

const RUNNING: Clock = {
  name: 'time since the start',
  ticks: (from, to, most) => {
    const least = (to - from) / most;
    const step = clockStep(least) ?? DAY * decimalStep(Math.max(1, least / DAY));
    const ticks: TimeTick[] = [];
    for (let number = Math.ceil(from / step); number * step <= to; number += 1) {
      const at = number * step;
      ticks.push({ at, label: step >= DAY ? `${at / DAY} d` : sinceStart(at, step < 60 ? step : 60) });
    }
    return ticks;
  },
  text: sinceStart,
  short: sinceStart,
  exact: (time) => String(Number(time.toFixed(6))),
};

/** `0:10` is ten minutes; `0:00:10` ten seconds, where the step needs them. */
function sinceStart(time: number, step = 1): string {
  const decimals = decimalsOf(step);
  const size = Number(Math.abs(time).toFixed(decimals));
  const two = (count: number) => String(Math.floor(count)).padStart(2, '0');
  const seconds = (size % 60).toFixed(decimals).padStart(decimals === 0 ? 2 : decimals + 3, '0');
  const sign = time < 0 && size > 0 ? '−' : '';
  return `${sign}${Math.floor(size / 3600)}:${two((size / 60) % 60)}${step >= 60 ? '' : `:${seconds}`}`;
}
