/**
 * Does something to each item, so many at a time, and gives the results in the order of the items. The first error ends
 * it: nothing further is begun, and what has begun is waited for.
 */
export async function mapBounded<T, R>(
  items: readonly T[],
  atATime: number,
  work: (item: T) => Promise<R>,
): Promise<R[]> {
  const results = new Array<R>(items.length);
  const entries = items.entries();
  let failed = false;
  const worker = async () => {
    for (const [at, item] of entries) {
      if (failed) {
        return;
      }
      try {
        results[at] = await work(item);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  const workers = await Promise.allSettled(Array.from({ length: Math.min(atATime, items.length) }, worker));
  for (const outcome of workers) {
    if (outcome.status === 'rejected') {
      throw outcome.reason;
    }
  }
  return results;
}
