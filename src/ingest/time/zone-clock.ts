import { offsetsOfLocal, type TimeZone } from '../../text/time-zone.ts';
import { DAY } from './calendar.ts';

const QUARTER = 900_000;
/** Bounds what is remembered of a file whose rows are in no order. */
const MAX_REMEMBERED = 20_000;

/** The offsets from UTC, in seconds, that a local time has: one; or none or two, where the clocks change. */
export interface LocalTime {
  kind: 'once' | 'twice' | 'never';
  /** Of the only instant, or the earlier one; where the clocks skip the time, the offset before the change. */
  first: number;
  /** Of the later instant, or after the change. */
  second: number;
}

/** Converts local times of a zone. Intl is slow, so that it is asked at most twice per day without a change of the clocks. */
export class ZoneClock {
  readonly zone: TimeZone;
  readonly #offsets = new Map<number, number>();
  readonly #days = new Map<number, LocalTime | 'changes'>();
  readonly #quarters = new Map<number, LocalTime | 'changes'>();
  #quarter = Number.NaN;
  #last: LocalTime | 'changes' = 'changes';

  constructor(zone: TimeZone) {
    this.zone = zone;
  }

  /** @param local in milliseconds since 1970, as if it were in UTC */
  read(local: number): LocalTime {
    const quarter = Math.floor(local / QUARTER);
    if (quarter !== this.#quarter) {
      this.#quarter = quarter;
      const day = Math.floor(local / DAY);
      const ofDay = remembered(this.#days, day, () => this.#ofDay(day));
      this.#last = ofDay === 'changes' ? remembered(this.#quarters, quarter, () => this.#ofQuarter(quarter)) : ofDay;
    }
    return this.#last === 'changes' ? this.#exactly(local) : this.#last;
  }

  /** The clocks change at most once in two days. */
  #ofDay(day: number): LocalTime | 'changes' {
    const [before, after] = [day - 1, day + 2].map((one) =>
      remembered(this.#offsets, one, () => this.zone.offsetAt(one * DAY)),
    );
    return before === undefined || before !== after ? 'changes' : { kind: 'once', first: before, second: before };
  }

  /** Before there were time zones, clocks changed at any minute. */
  #ofQuarter(quarter: number): LocalTime | 'changes' {
    const [start, end] = [this.#exactly(quarter * QUARTER), this.#exactly((quarter + 1) * QUARTER - 1)];
    const isSame = start.kind === end.kind && start.first === end.first && start.second === end.second;
    return isSame ? start : 'changes';
  }

  #exactly(local: number): LocalTime {
    const { possible, before, after } = offsetsOfLocal(this.zone, local);
    const [first, second] = possible;
    if (first === undefined) {
      return { kind: 'never', first: before, second: after };
    }
    return { kind: second === undefined ? 'once' : 'twice', first, second: second ?? first };
  }
}

function remembered<Value>(known: Map<number, Value>, key: number, compute: () => Value): Value {
  let value = known.get(key);
  if (value === undefined) {
    if (known.size >= MAX_REMEMBERED) {
      known.clear();
    }
    value = compute();
    known.set(key, value);
  }
  return value;
}
