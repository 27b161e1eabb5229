/** A step is a gap if it is longer than this many usual ones. */
const GAP = 1.5;
/** Steps are told apart to three digits, which bounds how many are remembered. */
const DIGITS = 3;
/** So many events are watched. */
const MAX_EVENTS = 10_000;

/** A step that is much longer than the others. */
export interface Gap {
  /** In microseconds. */
  length: number;
  /** The time before it, in microseconds since 1970. */
  from: number;
}

/** How regular the times of a file are. */
export interface Regularity {
  /** The median of the steps between consecutive times, in microseconds, to three digits. */
  step: number | undefined;
  gaps: number;
  longest: Gap | undefined;
  /** Times that are not after the one before: equal to it, or earlier. */
  repeated: number;
  backwards: number;
}

/** The steps between the consecutive times of a file, or of each event in it. */
export class Steps {
  readonly #last = new Map<string, number>();
  readonly #counts = new Map<number, number>();
  #longest: Gap | undefined;
  #repeated = 0;
  #backwards = 0;

  /** @param key the event; the same for all rows of a file with a column per event */
  add(microseconds: number, key: string): void {
    const last = this.#last.get(key);
    if (last === undefined && this.#last.size >= MAX_EVENTS) {
      return;
    }
    this.#last.set(key, microseconds);
    const step = last === undefined ? Number.NaN : microseconds - last;
    if (last === undefined || !Number.isFinite(step)) {
      return;
    }
    if (step <= 0) {
      this.#repeated += step === 0 ? 1 : 0;
      this.#backwards += step < 0 ? 1 : 0;
      return;
    }
    const rounded = Number(step.toPrecision(DIGITS));
    this.#counts.set(rounded, (this.#counts.get(rounded) ?? 0) + 1);
    if (!this.#longest || step > this.#longest.length) {
      this.#longest = { length: step, from: last };
    }
  }

  get regularity(): Regularity {
    const steps = [...this.#counts].sort(([a], [b]) => a - b);
    let before = steps.reduce((sum, [, count]) => sum + count, 0) / 2;
    const [step] =
      steps.find(([, count]) => {
        before -= count;
        return before <= 0;
      }) ?? [];
    const isGap = (length: number) => step !== undefined && length > step * GAP;
    const gaps = steps.filter(([length]) => isGap(length)).reduce((sum, [, count]) => sum + count, 0);
    const longest = gaps > 0 ? this.#longest : undefined;
    return { step, gaps, longest, repeated: this.#repeated, backwards: this.#backwards };
  }
}
