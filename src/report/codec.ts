import type { Bucket, BucketList } from '../series/model.ts';

/**
 * Curves as bytes that compress well, without loss: times as differences, values as differences of their bits, in planes of
 * bytes of equal weight. Runs in a browser too, which unpacks what is packed here.
 */

/** How the bytes of a curve are to be read. */
export interface CurveLayout {
  /** The number of points: buckets, or datapoints if `exact`. */
  points: number;
  /** Whether each point is one datapoint at its own time; else it is a bucket of the grid. */
  exact: boolean;
  /** Whether the values need double precision: they are too large, or too close to each other for their size. */
  wide: boolean;
}

/** Buckets of equal width: number `n` starts at `from + n * width`, in seconds. */
export interface Grid {
  from: number;
  width: number;
}

/** Points in the order of time. A value is NaN where there is no finite one. */
export interface PackedCurve {
  layout: CurveLayout;
  times: Float64Array;
  /** The least and the greatest value at each time; the same array if they are equal everywhere. */
  low: Float32Array | Float64Array;
  high: Float32Array | Float64Array;
}

const MICROSECONDS = 1e6;
const LARGEST_SINGLE = 3.4e38;
const SMALLEST_SINGLE = 1.2e-38;
/** Beyond this ratio of the values to their span, single precision would show as steps. */
const MOST_OFFSET = 4096;

/** Returns the points of an event, for the grid of its buckets. */
export function curveOf(buckets: BucketList, { from, width }: Grid): PackedCurve {
  let exact = true;
  for (const { count, nan, infinite } of buckets) {
    exact &&= count + nan + infinite === 1;
  }
  const wide = needsDouble(buckets);
  const fill = <T extends Float32Array | Float64Array>(all: T, value: (bucket: Bucket) => number): T => {
    let at = 0;
    for (const bucket of buckets) {
      all[at] = value(bucket);
      at += 1;
    }
    return all;
  };
  const numbers = (value: (bucket: Bucket) => number | undefined) => {
    const all = wide ? new Float64Array(buckets.length) : new Float32Array(buckets.length);
    return fill(all, (bucket) => value(bucket) ?? Number.NaN);
  };
  const low = numbers(({ min }) => min);
  return {
    layout: { points: buckets.length, exact, wide },
    times: fill(new Float64Array(buckets.length), ({ first }) =>
      exact ? first : timeOf(numberOf(first, from, width), from, width),
    ),
    low,
    high: exact ? low : numbers(({ max }) => max),
  };
}

function numberOf(time: number, from: number, width: number): number {
  // In microseconds, as times are, or some that are the start of a bucket would be in the one before.
  return Math.floor(Math.round((time - from) * MICROSECONDS) / (width * MICROSECONDS));
}

/** The middle of a bucket. */
function timeOf(number: number, from: number, width: number): number {
  return from + (number + 0.5) * width;
}

function needsDouble(buckets: BucketList): boolean {
  let [least, greatest, smallest] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1];
  for (const { min, max } of buckets) {
    if (min !== undefined && max !== undefined) {
      least = Math.min(least, min);
      greatest = Math.max(greatest, max);
      smallest = Math.min(smallest, Math.abs(min) || 1, Math.abs(max) || 1);
    }
  }
  const size = Math.max(Math.abs(least), Math.abs(greatest));
  const span = greatest - least;
  const isSingle = span === 0 || size <= MOST_OFFSET * span;
  return span >= 0 && !(size <= LARGEST_SINGLE && smallest >= SMALLEST_SINGLE && isSingle);
}

/** Merges each `factor` points of buckets into one: the least and greatest values stay. */
export function coarser({ layout, times, low, high }: PackedCurve, grid: Grid, factor: number): PackedCurve {
  const width = grid.width * factor;
  const merged: { number: number; low: number; high: number }[] = [];
  times.forEach((time, at) => {
    const number = numberOf(time, grid.from, width);
    const [least, greatest] = [low[at] ?? Number.NaN, high[at] ?? Number.NaN];
    const last = merged.at(-1);
    if (last?.number !== number) {
      merged.push({ number, low: least, high: greatest });
    } else if (!Number.isNaN(least)) {
      last.low = Number.isNaN(last.low) ? least : Math.min(last.low, least);
      last.high = Number.isNaN(last.high) ? greatest : Math.max(last.high, greatest);
    }
  });
  const numbers = (values: number[]) => (layout.wide ? Float64Array.from(values) : Float32Array.from(values));
  return {
    layout: { ...layout, exact: false, points: merged.length },
    times: Float64Array.from(merged, ({ number }) => timeOf(number, grid.from, width)),
    low: numbers(merged.map((point) => point.low)),
    high: numbers(merged.map((point) => point.high)),
  };
}

/** Returns the bytes of a curve: the differences between its times, then the planes of its values. */
export function pack({ layout, times, low, high }: PackedCurve, { from, width }: Grid): Uint8Array {
  const { exact, wide } = layout;
  const places = Array.from(times, (time) =>
    exact ? Math.round((time - from) * MICROSECONDS) : numberOf(time, from, width),
  );
  const values = exact ? [low] : [low, high];
  const planes = values.flatMap((numbers) => wordsOf(numbers, wide).map(planesOf));
  return joined([varints(changesOf(places)), ...planes]);
}

/**
 * Reads a curve from the bytes at an offset, and returns it with the offset of what follows.
 * @throws RangeError if the bytes end too early
 */
export function unpack(
  layout: CurveLayout,
  bytes: Uint8Array,
  start: number,
  { from, width }: Grid,
): PackedCurve & { end: number } {
  const { points, exact, wide } = layout;
  const times = new Float64Array(points);
  let at = start;
  let [place, step] = [0, 0];
  for (let point = 0; point < points; point += 1) {
    const { value, end } = varint(bytes, at);
    at = end;
    step += value % 2 === 0 ? value / 2 : -(value + 1) / 2;
    place += step;
    // As the times were before: the sum alone may be the neighbour of one.
    times[point] = exact
      ? Math.round((from + place / MICROSECONDS) * MICROSECONDS) / MICROSECONDS
      : timeOf(place, from, width);
  }
  const numbers = (): Float32Array | Float64Array => {
    const all = wide ? new Float64Array(points) : new Float32Array(points);
    const words = new Int32Array(all.buffer);
    const stride = wide ? 2 : 1;
    for (let word = 0; word < stride; word += 1) {
      const planes = bytes.subarray(at, at + 4 * points);
      if (planes.length < 4 * points) {
        throw incomplete();
      }
      unpackPlanes(planes, words, word, stride);
      at += planes.length;
    }
    return all;
  };
  const low = numbers();
  return { layout, times, low, high: exact ? low : numbers(), end: at };
}

/** The changes of the differences, which are zero where times are regular, with their sign as the lowest bit. */
function changesOf(places: readonly number[]): number[] {
  let [place, step] = [0, 0];
  return places.map((next) => {
    const change = next - place - step;
    step += change;
    place = next;
    return change >= 0 ? 2 * change : -2 * change - 1;
  });
}

/** Seven bits a byte, the lowest first; exact for whole numbers below 2^53. */
function varints(numbers: readonly number[]): Uint8Array {
  const bytes: number[] = [];
  for (const number of numbers) {
    let rest = number;
    for (; rest >= 128; rest = Math.floor(rest / 128)) {
      bytes.push((rest % 128) + 128);
    }
    bytes.push(rest);
  }
  return Uint8Array.from(bytes);
}

function varint(bytes: Uint8Array, start: number): { value: number; end: number } {
  let [value, weight] = [0, 1];
  for (let at = start; at < bytes.length; at += 1) {
    const byte = bytes[at] ?? 0;
    value += (byte % 128) * weight;
    weight *= 128;
    if (byte < 128) {
      return { value, end: at + 1 };
    }
  }
  throw incomplete();
}

function incomplete(): RangeError {
  return new RangeError('The data of a curve are incomplete.');
}

/** The bits of numbers, in words of 32: one for each number, or the lower and the upper ones apart. */
function wordsOf(numbers: Float32Array | Float64Array, wide: boolean): Int32Array[] {
  const words = new Int32Array(numbers.buffer, numbers.byteOffset, numbers.byteLength / 4);
  return wide ? [words.filter((_, at) => at % 2 === 0), words.filter((_, at) => at % 2 === 1)] : [words];
}

function planesOf(words: Int32Array): Uint8Array {
  const planes = new Uint8Array(4 * words.length);
  let last = 0;
  words.forEach((word, at) => {
    const difference = (word - last) | 0;
    const folded = (difference << 1) ^ (difference >> 31);
    for (let plane = 0; plane < 4; plane += 1) {
      planes[plane * words.length + at] = folded >>> (8 * plane);
    }
    last = word;
  });
  return planes;
}

function unpackPlanes(planes: Uint8Array, words: Int32Array, first: number, stride: number): void {
  const count = planes.length / 4;
  let last = 0;
  for (let at = 0; at < count; at += 1) {
    let folded = 0;
    for (let plane = 0; plane < 4; plane += 1) {
      folded |= (planes[plane * count + at] ?? 0) << (8 * plane);
    }
    last = (last + ((folded >>> 1) ^ -(folded & 1))) | 0;
    words[first + at * stride] = last;
  }
}

export function joined(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
