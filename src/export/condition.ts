/** Lets several tasks of one program wait until something that they look at has become true. */
export class Condition {
  readonly #signal: AbortSignal;
  #changed = Promise.withResolvers<void>();

  /** When `signal` is aborted every wait, present and future, rejects with its reason. */
  constructor(signal: AbortSignal) {
    this.#signal = signal;
    signal.addEventListener('abort', () => this.changed(), { once: true });
  }

  /** Everybody who waits looks again. */
  changed(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers<void>();
  }

  async until(holds: () => boolean): Promise<void> {
    this.#signal.throwIfAborted();
    while (!holds()) {
      await this.#changed.promise;
      this.#signal.throwIfAborted();
    }
  }
}
