import { Condition } from './condition.ts';

const CHUNK_BYTES = 256 * 1024;
/** All that may wait for its turn to be written: some slices ahead, and the same at any size of export. */
const LOOK_AHEAD_CHUNKS = 16;
/** The lane whose turn it is needs no more than one chunk being written and one being filled. */
const HEAD_CHUNKS = 2;

/** A piece of the output: `bytes.subarray(0, length)`. */
export interface Chunk {
  bytes: Buffer;
  length: number;
  /** How many end in it. */
  rows: number;
}

/**
 * Joins what several producers make at the same time into one sequence. Each fills its own lane; lanes are read in the
 * order in which they were opened. Look-ahead is bounded in bytes over all lanes together: whoever is ahead waits, the
 * lane whose turn it is never does, so there is no way to lock up.
 */
export class Lanes {
  readonly #condition: Condition;
  readonly #open: Lane[] = [];
  readonly #reuse: boolean;
  /** Memory of chunks that were written: to ask for new pages costs more than to fill them. */
  readonly #spare: Buffer[] = [];
  #inUse = 0;
  #complete = false;

  /** @param reuse whether a chunk that was written may be filled again */
  constructor(signal: AbortSignal, reuse: boolean) {
    this.#condition = new Condition(signal);
    this.#reuse = reuse;
  }

  /** Resolves when another lane may be opened. */
  async room(): Promise<void> {
    await this.#condition.until(() => this.#open.length === 0 || this.#inUse < LOOK_AHEAD_CHUNKS);
  }

  open(): Lane {
    const lane = new Lane(this);
    this.#open.push(lane);
    return lane;
  }

  /** No lane will be opened any more. */
  complete(): void {
    this.#complete = true;
    this.changed();
  }

  /** All chunks in order, each to be reported to `written` once nobody needs its memory. */
  async *chunks(): AsyncGenerator<Chunk> {
    for (;;) {
      await this.#condition.until(() => this.#complete || this.#open.length > 0);
      const lane = this.#open[0];
      if (lane === undefined) {
        return;
      }
      for (;;) {
        await this.#condition.until(() => lane.ended || lane.ready.length > 0);
        const chunk = lane.ready.shift();
        if (chunk === undefined) {
          break;
        }
        yield chunk;
      }
      this.#open.shift();
      this.changed();
    }
  }

  take(): Chunk {
    this.#inUse++;
    return { bytes: this.#spare.pop() ?? Buffer.allocUnsafeSlow(CHUNK_BYTES), length: 0, rows: 0 };
  }

  /** A chunk is out of the way: there is room for another. */
  written({ bytes }: Chunk): void {
    if (this.#reuse) {
      this.#spare.push(bytes);
    }
    this.#inUse--;
    this.changed();
  }

  changed(): void {
    this.#condition.changed();
  }

  /** `undefined` if the lane may be filled further at once. */
  roomIn(lane: Lane): Promise<void> | undefined {
    const mayFill = () =>
      this.#inUse < LOOK_AHEAD_CHUNKS || (lane === this.#open[0] && lane.ready.length < HEAD_CHUNKS);
    return mayFill() ? undefined : this.#condition.until(mayFill);
  }
}

/** One producer's part of the sequence. */
export class Lane {
  readonly ready: Chunk[] = [];
  readonly #lanes: Lanes;
  #filling: Chunk | undefined;
  ended = false;

  constructor(lanes: Lanes) {
    this.#lanes = lanes;
  }

  /** A chunk with at least `bytes` free behind its `length`; the caller writes there and moves `length`. */
  chunk(bytes: number): Chunk {
    if (this.#filling !== undefined && this.#filling.bytes.length - this.#filling.length < bytes) {
      this.#pass();
    }
    this.#filling ??= this.#lanes.take();
    if (this.#filling.bytes.length < bytes) {
      throw new RangeError(`A row of ${bytes} bytes does not fit into a chunk`);
    }
    return this.#filling;
  }

  room(): Promise<void> | undefined {
    return this.#lanes.roomIn(this);
  }

  end(): void {
    this.#pass();
    this.ended = true;
    this.#lanes.changed();
  }

  #pass(): void {
    if (this.#filling === undefined) {
      return;
    }
    this.ready.push(this.#filling);
    this.#filling = undefined;
    this.#lanes.changed();
  }
}
