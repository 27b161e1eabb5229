/**
 * Does something to each item, so many at a time, and gives the results in the order of the items. An item is taken when
 * its turn comes. The first error ends it: nothing further is begun, and what has begun is waited for.
 */
export async function mapBounded<T, R>(
  items: AsyncIterable<T> | Iterable<T>,
  atATime: number,
  work: (item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  const source = each(items);
  let taken = 0;
  const worker = async () => {
    // Whoever leaves this loop with an error ends the source for all.
    for await (const item of source) {
      const at = taken++;
      results[at] = await work(item);
    }
  };
  const workers = await Promise.allSettled(Array.from({ length: atATime }, worker));
  for (const outcome of workers) {
    if (outcome.status === 'rejected') {
      throw outcome.reason;
    }
  }
  return results;
}

async function* each<T>(items: AsyncIterable<T> | Iterable<T>): AsyncGenerator<T> {
  yield* items;
}
