/** Returns a number from 0 up to, but not including, `limit`. */
export type Random = (limit: number) => number;

/** Creates a generator that returns the same numbers for the same seed (mulberry32). */
export function randomFrom(seed: number): Random {
  let state = seed >>> 0;
  return (limit) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * limit);
  };
}

/** Returns one of a list that is not empty. */
export function pick<T>(random: Random, from: readonly T[]): T {
  // The index is always below the length.
  return from[random(from.length)] as T;
}
