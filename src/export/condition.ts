/** A condition variable for asynchronous tasks: each waits until a predicate holds. */
export class Condition {
  readonly #signal: AbortSignal;
  #changed = Promise.withResolvers<void>();

  /** @param signal when aborted, every wait, present and future, rejects with its reason */
  constructor(signal: AbortSignal) {
    this.#signal = signal;
    signal.addEventListener('abort', () => this.notifyAll(), { once: true });
  }

  /** Makes every waiting task check its predicate again. */
  notifyAll(): void {
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
