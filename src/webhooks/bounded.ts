/**
 * Does something to each item, so many at a time, and gives each result when it is there, in whatever order. An item is
 * taken when its turn comes. The first error ends it: nothing further is begun, and what has begun is waited for.
 */
export async function* asTheyCome<T, R>(
  items: AsyncIterable<T> | Iterable<T>,
  atATime: number,
  work: (item: T) => Promise<R>,
): AsyncGenerator<R> {
  type Done = { one: Promise<Done>; result: R };
  const running = new Set<Promise<Done>>();
  const next = async () => {
    const { one, result } = await Promise.race(running);
    running.delete(one);
    return result;
  };
  try {
    for await (const item of items) {
      const one: Promise<Done> = work(item).then((result) => ({ one, result }));
      // Looked at when its turn comes, which may be after it has failed.
      one.catch(() => {});
      running.add(one);
      if (running.size >= atATime) {
        yield await next();
      }
    }
    while (running.size > 0) {
      yield await next();
    }
  } finally {
    await Promise.allSettled(running);
  }
}
