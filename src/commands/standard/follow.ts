import type { Context } from '../../cli/context.ts';
import { poll } from '../../database/poll.ts';
import { InterruptedError } from '../../errors.ts';

/**
 * Repeats a query, and prints what it returns, for the first time after one period, until Ctrl-C.
 * @param onConnection reports that the connection is lost, or restored
 * @throws InterruptedError then
 */
export async function followQuery<T>(
  ctx: Context,
  { read, print, everySeconds, onConnection = async (lost) => await sayConnection(ctx, lost) }: Following<T>,
): Promise<never> {
  for await (const result of poll(read, { everySeconds, signal: ctx.signal, onConnection })) {
    await print(result);
  }
  throw new InterruptedError('');
}

interface Following<T> {
  read(): Promise<T>;
  print(result: T): Promise<void>;
  everySeconds: number;
  onConnection?(lost: boolean): Promise<void>;
}

export async function sayConnection(ctx: Context, lost: boolean): Promise<void> {
  await ctx.output.warn(lost ? 'Connection lost; retrying every second.' : 'Reconnected.');
}
