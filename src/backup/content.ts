import { BLOCK, padding } from './tar.ts';

/** The bytes of an entry, with room before and after them for what a tar file needs. */
export class Content {
  #bytes: Buffer;
  #end = BLOCK;

  constructor(capacity: number) {
    this.#bytes = Buffer.allocUnsafeSlow(capacity + 2 * BLOCK);
  }

  static of(bytes: Buffer): Content {
    const content = new Content(bytes.length);
    content.append(bytes, 0, bytes.length);
    return content;
  }

  get length(): number {
    return this.#end - BLOCK;
  }

  get bytes(): Buffer {
    return this.#bytes.subarray(BLOCK, this.#end);
  }

  append(bytes: Buffer, start: number, end: number): void {
    if (this.#end + end - start + BLOCK > this.#bytes.length) {
      const larger = Buffer.allocUnsafeSlow(2 * (this.#bytes.length + end - start));
      this.#bytes.copy(larger, BLOCK, BLOCK, this.#end);
      this.#bytes = larger;
    }
    this.#end += bytes.copy(this.#bytes, this.#end, start, end);
  }

  clear(): void {
    this.#end = BLOCK;
  }

  /** Returns the bytes with zeros after them that fill a block, and before them a block for `header` to fill. */
  inTar(header: (into: Buffer) => void): Buffer {
    header(this.#bytes);
    const end = this.#end + padding(this.length);
    this.#bytes.fill(0, this.#end, end);
    return this.#bytes.subarray(0, end);
  }
}
