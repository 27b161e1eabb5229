/**
 * Returns how many characters have to be inserted, deleted or replaced to get from one text to another.
 * @see https://en.wikipedia.org/wiki/Levenshtein_distance
 */
export function editDistance(left: string, right: string): number {
  let row = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let i = 1; i <= left.length; i++) {
    const next = [i];
    for (let j = 1; j <= right.length; j++) {
      const replace = (row[j - 1] ?? 0) + (left[i - 1] === right[j - 1] ? 0 : 1);
      next.push(Math.min(replace, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[right.length] ?? 0;
}

/**
 * Returns the first of the names that are closest to a wanted one, in any case; `undefined` if none is close.
 * @param within the largest distance
 */
export function closest(wanted: string, names: Iterable<string>, within: number): string | undefined {
  let best: { name: string; distance: number } | undefined;
  for (const name of names) {
    if (Math.abs(name.length - wanted.length) <= within) {
      const distance = editDistance(name.toLowerCase(), wanted.toLowerCase());
      if (distance <= within && distance < (best?.distance ?? Number.POSITIVE_INFINITY)) {
        best = { name, distance };
      }
    }
  }
  return best?.name;
}
