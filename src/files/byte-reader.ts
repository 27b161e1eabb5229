/** Reads bytes that arrive in pieces, as they are needed. */
export class ByteReader {
  readonly #source: AsyncIterator<Buffer>;
  readonly #tooShort: () => Error;
  #piece: Buffer = Buffer.alloc(0);
  /** What is left of the data that `pieces` returned. */
  #unread = 0;

  /** @param tooShort returns the error to throw if the bytes end too early */
  constructor(source: AsyncIterable<Buffer>, tooShort: () => Error) {
    this.#source = source[Symbol.asyncIterator]();
    this.#tooShort = tooShort;
  }

  /** Returns the next bytes, which must fit in memory. */
  async exactly(length: number): Promise<Buffer> {
    const parts: Buffer[] = [];
    for await (const part of this.pieces(length)) {
      parts.push(part);
    }
    return parts.length === 1 && parts[0] ? parts[0] : Buffer.concat(parts);
  }

  /** Yields the next bytes in pieces; `skip` skips those that are not read. */
  async *pieces(length: number): AsyncGenerator<Buffer> {
    this.#unread = length;
    while (this.#unread > 0) {
      const part = await this.some(this.#unread);
      if (!part) {
        throw this.#tooShort();
      }
      this.#unread -= part.length;
      yield part;
    }
  }

  /** Skips what is left of the last `pieces`. */
  async skip(): Promise<void> {
    for await (const _ of this.pieces(this.#unread)) {
      // Only counted.
    }
  }

  /** Yields everything up to the end. */
  async *rest(): AsyncGenerator<Buffer> {
    for (let part = await this.some(Number.POSITIVE_INFINITY); part; part = await this.some(Number.POSITIVE_INFINITY)) {
      yield part;
    }
  }

  /** Stops reading, and closes the source. */
  async close(): Promise<void> {
    await this.#source.return?.();
  }

  /** Returns some of the next bytes, at most `max`; `undefined` at the end. */
  async some(max: number): Promise<Buffer | undefined> {
    while (this.#piece.length === 0) {
      const { done, value } = await this.#source.next();
      if (done) {
        return undefined;
      }
      this.#piece = value;
    }
    const part = this.#piece.subarray(0, max);
    this.#piece = this.#piece.subarray(part.length);
    return part;
  }
}
