import { main } from '../../src/main.ts';
import type { TestHost } from './host.ts';
import type { Run } from './program.ts';
import { until } from './until.ts';

/** A command that runs on in the test's own process until it is interrupted. */
export interface Running extends AsyncDisposable {
  /** What it has printed so far. */
  stdout(): string;
  stderr(): string;
  /** Waits until it has printed so many lines, and gives them. */
  lines(count: number): Promise<string[]>;
  /** Sends a signal as its process would get it, and waits for the end. */
  interrupt(signal?: 'SIGINT' | 'SIGTERM' | 'SIGHUP'): Promise<Run>;
}

/** Starts a command in the test's own process, and leaves it running; on a host with a terminal where one is given. */
export function running(words: string[], host: TestHost): Running {
  let ended = false;
  const outcome = main(words, host).finally(() => {
    ended = true;
  });
  const stdout = () => host.stdout.text;
  const interrupt = async (signal: 'SIGINT' | 'SIGTERM' | 'SIGHUP' = 'SIGINT'): Promise<Run> => {
    host.emit(signal, signal);
    return { code: (await outcome).exitCode, stdout: stdout(), stderr: host.stderr.text };
  };
  return {
    stdout,
    stderr: () => host.stderr.text,
    async lines(count) {
      const all = () => stdout().split('\n').slice(0, -1);
      await until(() => all().length >= count || ended);
      return all();
    },
    interrupt,
    async [Symbol.asyncDispose]() {
      if (!ended) {
        await interrupt();
      }
    },
  };
}
