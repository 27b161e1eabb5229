/**
 * Maps items to results, at most `limit` at a time, and yields each result as soon as it is ready, in any order. An item
 * is taken only when there is room for it. After the first error no new item is started, and the running ones are awaited.
 */
export async function* mapConcurrent<T, R>(
  items: AsyncIterable<T> | Iterable<T>,
  limit: number,
  work: (item: T) => Promise<R>,
): AsyncGenerator<R> {
  type Done = { task: Promise<Done>; result: R };
  const running = new Set<Promise<Done>>();
  const next = async () => {
    const { task, result } = await Promise.race(running);
    running.delete(task);
    return result;
  };
  try {
    for await (const item of items) {
      const task: Promise<Done> = work(item).then((result) => ({ task, result }));
      // It may fail before it is awaited.
      task.catch(() => {});
      running.add(task);
      if (running.size >= limit) {
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
