import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { Writable } from 'node:stream';
import { withoutSecrets } from '../environment.ts';
import { systemCode } from '../files/file-error.ts';
import type { Context } from './context.ts';
import type { Output } from './output.ts';
import { type Streams, write } from './streams.ts';

/**
 * Calls `work` with an output whose data, for a terminal, goes through a pager if it is longer than the screen, and waits
 * until the user closes that. Closing it early stops the work, and is not a failure.
 */
export async function paged(
  { output, streams, environment }: Pick<Context, 'output' | 'streams' | 'environment'>,
  work: (output: Output) => Promise<void>,
): Promise<void> {
  const command = environment.WEBMACS_PAGER ?? environment.PAGER ?? 'less -FRX';
  const [file, ...args] = command.split(/\s+/).filter(Boolean);
  if (file === undefined || environment.TERM === 'dumb') {
    return await work(output);
  }
  const env = { LESSCHARSET: 'utf-8', LV: '-c', ...withoutSecrets(environment) };
  const pager = new Pager(streams, () => spawn(file, args, { env, stdio: ['pipe', 'inherit', 'inherit'] }));
  try {
    await work(output.with({ stdout: pager }));
    await pager.flush();
  } catch (error) {
    if (!pager.errored) {
      throw error;
    }
  } finally {
    await pager.close();
  }
}

type Child = ChildProcessByStdio<Writable, null, null>;

/** Holds what fits on the screen; more than that starts the pager. */
class Pager extends Writable {
  readonly #streams: Streams;
  readonly #start: () => Child;
  #held = '';
  #target: Writable | undefined;
  #closed: Promise<unknown> | undefined;

  constructor(streams: Streams, start: () => Child) {
    super({ decodeStrings: false });
    this.#streams = streams;
    this.#start = start;
    // The writer gets the error too.
    this.on('error', () => {});
  }

  override _write(text: string, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#take(text).then(() => done(), done);
  }

  /** Prints what fits on the screen. */
  async flush(): Promise<void> {
    if (!this.#target) {
      await write(this.#streams.stdout, this.#held);
    }
  }

  async close(): Promise<void> {
    if (this.#closed) {
      this.#target?.end();
      await this.#closed;
    }
  }

  async #take(text: string): Promise<void> {
    if (this.#target) {
      return await write(this.#target, text);
    }
    this.#held += text;
    if (this.#held.split('\n').length > this.#streams.rows()) {
      this.#target = await this.#open();
      await write(this.#target, this.#held);
    }
  }

  /** Starts the pager; without one, returns stdout. */
  async #open(): Promise<Writable> {
    const child = this.#start();
    child.stdin.on('error', () => {});
    try {
      await once(child, 'spawn');
    } catch (error) {
      if (systemCode(error) === undefined) {
        throw error;
      }
      return this.#streams.stdout;
    }
    this.#streams.isPaged = true;
    this.#closed = once(child, 'close').finally(() => {
      this.#streams.isPaged = false;
    });
    return child.stdin;
  }
}
