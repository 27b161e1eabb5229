import { SUMMABLE } from '../database/hours.ts';

/** The figures of values that are added one by one, as the server calculates them: those of the finite ones. */
export class RunningFigures {
  count = 0;
  nan = 0;
  infinite = 0;
  #min = Number.POSITIVE_INFINITY;
  #max = Number.NEGATIVE_INFINITY;
  #sum = 0;
  /** Of the squares of the differences from the mean, by Youngs and Cramer. */
  #squares = 0;

  add(value: number): void {
    this.count += 1;
    if (!Number.isFinite(value)) {
      this.nan += Number.isNaN(value) ? 1 : 0;
      this.infinite += Number.isNaN(value) ? 0 : 1;
      return;
    }
    this.#min = Math.min(this.#min, value);
    this.#max = Math.max(this.#max, value);
    this.#sum += value;
    const { finite } = this;
    if (finite > 1) {
      this.#squares += (value * finite - this.#sum) ** 2 / (finite * (finite - 1));
    }
  }

  get finite(): number {
    return this.count - this.nan - this.infinite;
  }

  /** Null where there is no value for it, or where they are too large. */
  get result(): { [name in 'min' | 'mean' | 'max' | 'stddev']: number | null } {
    const isSummed = Math.max(-this.#min, this.#max) < SUMMABLE;
    return {
      min: this.finite > 0 ? this.#min : null,
      mean: this.finite > 0 && isSummed ? this.#sum / this.finite : null,
      max: this.finite > 0 ? this.#max : null,
      stddev: this.finite > 1 && isSummed ? Math.sqrt(this.#squares / (this.finite - 1)) : null,
    };
  }
}
