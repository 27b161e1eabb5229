/** At the finest, this many buckets fill the view. */
export const LEAST_BUCKETS = 20;

/** The time that all charts of a page show. */
export class View {
  whole: { readonly from: number; readonly to: number };
  from: number;
  to: number;
  readonly #least: number;
  readonly #listeners: (() => void)[] = [];

  /** @param least the shortest time that can be shown */
  constructor(from: number, to: number, least: number) {
    this.whole = { from, to };
    this.#least = Math.min(least, to - from);
    this.from = from;
    this.to = to;
  }

  get span(): number {
    return this.to - this.from;
  }

  get isWhole(): boolean {
    return this.from === this.whole.from && this.to === this.whole.to;
  }

  get isFinest(): boolean {
    return this.span <= this.#least * 1.001;
  }

  /** Calls a listener after each change. */
  onChange(listener: () => void): void {
    this.#listeners.push(listener);
  }

  /** Shows a time, which is moved and changed in length to fit into the whole. */
  show(from: number, to: number): void {
    const { whole } = this;
    const span = Math.min(Math.max(to - from, this.#least), whole.to - whole.from);
    const middle = (from + to) / 2;
    const start = Math.min(Math.max(to - from === span ? from : middle - span / 2, whole.from), whole.to - span);
    const end = Math.min(start + span, whole.to);
    if (start !== this.from || end !== this.to) {
      this.from = start;
      this.to = end;
      this.#changed();
    }
  }

  /** Moves the whole to a later end, and with it what is shown, if that is at the end. Returns whether it is later. */
  advance(to: number): boolean {
    const step = to - this.whole.to;
    if (step <= 0) {
      return false;
    }
    const isAtEnd = this.to >= this.whole.to;
    this.whole = { from: this.whole.from + step, to };
    const start = isAtEnd ? this.from + step : Math.max(this.from, this.whole.from);
    this.to = start + this.span;
    this.from = start;
    this.#changed();
    return true;
  }

  showAll(): void {
    this.show(this.whole.from, this.whole.to);
  }

  /** Moves by a share of what is shown. */
  pan(share: number): void {
    this.show(this.from + share * this.span, this.to + share * this.span);
  }

  /** Shows `factor` times as long a time; the place `at` stays where it is. */
  zoom(factor: number, at = (this.from + this.to) / 2): void {
    this.show(at - (at - this.from) * factor, at + (this.to - at) * factor);
  }

  #changed(): void {
    for (const listener of this.#listeners) {
      listener();
    }
  }
}
