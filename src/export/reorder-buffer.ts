import { Condition } from './condition.ts';

const CHUNK_BYTES = 256 * 1024;
/** Bounds the chunks in memory, at any size of export. */
const LOOK_AHEAD_CHUNKS = 16;
/** The slice being read out needs no more than one chunk being written and one being filled. */
const HEAD_CHUNKS = 2;

/** A piece of the output: `bytes.subarray(0, length)`. */
export interface Chunk {
  bytes: Buffer;
  length: number;
  /** The number of rows of the file that end in it, and of the datapoints that they stand for. */
  rows: number;
  datapoints: number;
  /** If a slice ends with it. */
  end?: SliceEnd;
}

/** A fingerprint of datapoints, whatever their order. */
export interface Content {
  datapoints: number;
  /** The sum of the hashes of all. */
  hash: string;
}

/** The end of a slice at which an export can be cut. */
export interface SliceEnd {
  /** Its rows are before this time, in microseconds since 1970. */
  before: bigint;
  content: Content;
}

/**
 * Puts the output of concurrent producers into one sequence. Each fills a slice of its own; slices are read out in the
 * order in which they were opened. The look-ahead is bounded in bytes over all slices together: producers that are ahead
 * wait, the one of the first slice never does, so no deadlock is possible.
 */
export class ReorderBuffer {
  readonly #condition: Condition;
  readonly #slices: SliceBuffer[] = [];
  readonly #reuse: boolean;
  /** Memory of chunks that were read out: allocating new pages costs more than filling them. */
  readonly #spare: Buffer[] = [];
  #inUse = 0;
  #complete = false;

  /** @param reuse whether the memory of a chunk may be filled again once the next is asked for */
  constructor(signal: AbortSignal, reuse: boolean) {
    this.#condition = new Condition(signal);
    this.#reuse = reuse;
  }

  /** Resolves when another slice may be opened. */
  async waitForRoom(): Promise<void> {
    await this.#condition.until(() => this.#slices.length === 0 || this.#inUse < LOOK_AHEAD_CHUNKS);
  }

  openSlice(): SliceBuffer {
    const slice = new SliceBuffer(this);
    this.#slices.push(slice);
    return slice;
  }

  /** Declares that no more slices will be opened. */
  complete(): void {
    this.#complete = true;
    this.notifyAll();
  }

  /** Yields all chunks in order; each is counted as in memory until the next is asked for. */
  async *chunks(): AsyncGenerator<Chunk> {
    for (;;) {
      await this.#condition.until(() => this.#complete || this.#slices.length > 0);
      const slice = this.#slices[0];
      if (slice === undefined) {
        return;
      }
      for (;;) {
        await this.#condition.until(() => slice.ended || slice.ready.length > 0);
        const chunk = slice.ready.shift();
        if (chunk === undefined) {
          break;
        }
        yield chunk;
        this.#release(chunk);
      }
      this.#slices.shift();
      this.notifyAll();
    }
  }

  allocate(bytes: number): Chunk {
    this.#inUse++;
    const spare = bytes <= CHUNK_BYTES ? this.#spare.pop() : undefined;
    return { bytes: spare ?? Buffer.allocUnsafeSlow(Math.max(CHUNK_BYTES, bytes)), length: 0, rows: 0, datapoints: 0 };
  }

  #release({ bytes }: Chunk): void {
    if (this.#reuse && bytes.length === CHUNK_BYTES) {
      this.#spare.push(bytes);
    }
    this.#inUse--;
    this.notifyAll();
  }

  notifyAll(): void {
    this.#condition.notifyAll();
  }

  /** Returns `undefined` if the slice may be filled further at once. */
  roomIn(slice: SliceBuffer): Promise<void> | undefined {
    const mayFill = () =>
      this.#inUse < LOOK_AHEAD_CHUNKS || (slice === this.#slices[0] && slice.ready.length < HEAD_CHUNKS);
    return mayFill() ? undefined : this.#condition.until(mayFill);
  }
}

/** The part of the sequence that one producer fills. */
export class SliceBuffer {
  readonly ready: Chunk[] = [];
  readonly #buffer: ReorderBuffer;
  #filling: Chunk | undefined;
  ended = false;

  constructor(buffer: ReorderBuffer) {
    this.#buffer = buffer;
  }

  /** Returns a chunk with at least `bytes` free after its `length`; the caller writes there and advances `length`. */
  chunk(bytes: number): Chunk {
    if (this.#filling !== undefined && this.#filling.bytes.length - this.#filling.length < bytes) {
      this.#flush();
    }
    this.#filling ??= this.#buffer.allocate(bytes);
    return this.#filling;
  }

  room(): Promise<void> | undefined {
    return this.#buffer.roomIn(this);
  }

  end(end?: SliceEnd): void {
    if (end !== undefined) {
      this.chunk(0).end = end;
    }
    this.#flush();
    this.ended = true;
    this.#buffer.notifyAll();
  }

  #flush(): void {
    if (this.#filling !== undefined) {
      this.ready.push(this.#filling);
      this.#filling = undefined;
      this.#buffer.notifyAll();
    }
  }
}
