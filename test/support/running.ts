import { main } from '../../src/main.ts';
import type { TestHost } from './host.ts';
import type { Run } from './program.ts';
import { until } from './until.ts';

/** A command that runs in the test's process until interrupted. */
export interface Running extends AsyncDisposable {
  /** Returns the output so far. */
  stdout(): string;
  stderr(): string;
  /** Waits for this many lines of output, and returns all. */
  lines(count: number): Promise<string[]>;
  /** Delivers a signal as a process would, and waits until the command has ended. */
  interrupt(signal?: 'SIGINT' | 'SIGTERM' | 'SIGHUP'): Promise<Run>;
}

/** Starts a command in the test's process without waiting for it; pass a `TestTerminal` for one with a terminal. */
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
