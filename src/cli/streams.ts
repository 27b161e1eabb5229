import type { Readable, Writable } from 'node:stream';

/** Environment variables, as a value that a test can make. */
export type Environment = Record<string, string | undefined>;

/** The three standard streams, and what they are connected to. */
export interface Streams {
  stdin: Readable;
  stdout: Writable;
  stderr: Writable;
  /** Whether a person reads the data. */
  stdoutIsTerminal: boolean;
  /** Whether a person can be asked: the question goes to stderr, the answer comes from stdin. */
  canAsk: boolean;
  /** Whether a person watches progress. */
  stderrIsTerminal: boolean;
  /** Width of the terminal in characters. */
  columns(): number;
}

/** The streams of this process. */
export function processStreams(process: NodeJS.Process): Streams {
  return {
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    stdoutIsTerminal: process.stdout.isTTY === true,
    stderrIsTerminal: process.stderr.isTTY === true,
    canAsk: process.stdin.isTTY === true && process.stderr.isTTY === true,
    columns: () => process.stdout.columns || process.stderr.columns || 80,
  };
}

/** Writes and waits until the stream can take more. */
export async function write(stream: Writable, text: string): Promise<void> {
  await new Promise<void>((done, failed) => {
    stream.write(text, (error) => (error ? failed(error) : done()));
  });
}
