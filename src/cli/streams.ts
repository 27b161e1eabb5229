import { fstatSync } from 'node:fs';
import { type Readable, Writable } from 'node:stream';
import type { Environment } from '../environment.ts';
import { printableLines } from '../text/printable.ts';
import { closedStream, isStdoutClosed } from './closed-stdout.ts';

/** What the program uses of its process, so that a test can replace it. */
export interface HostProcess {
  readonly argv: readonly string[];
  readonly env: Environment;
  readonly stdin: Readable & { isTTY?: boolean };
  readonly stdout: Writable & { isTTY?: boolean; columns?: number; rows?: number; fd?: number };
  readonly stderr: Writable & { isTTY?: boolean; columns?: number };
  cwd(): string;
  on(signal: Interruption, listener: (signal: Interruption) => void): unknown;
  off(signal: Interruption, listener: (signal: Interruption) => void): unknown;
}

export const INTERRUPTIONS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
export type Interruption = (typeof INTERRUPTIONS)[number];

export interface Streams {
  stdin: Readable;
  stdout: Writable;
  /** What is written to stdout, if it is worth nothing unless all of it is read. */
  whole?: string;
  stderr: Writable;
  stdoutIsTerminal: boolean;
  /** Returns whether a shell has redirected stdout to a file or to a pipe. */
  redirection(): 'file' | 'pipe' | undefined;
  /** Whether prompts are possible: they are written to stderr and answered on stdin. */
  canAsk: boolean;
  stderrIsTerminal: boolean;
  /** Returns the width of the terminal in characters. */
  columns(): number;
  /** Returns its height in lines. */
  rows(): number;
  /** Whether a pager has the terminal, and Ctrl-C is meant for it. */
  isPaged?: boolean;
  /** What is drawn on the last line of the terminal, to be removed before anything else is written there. */
  readonly drawn: { line?: { clear(): void } | undefined };
}

export function processStreams(process: HostProcess): Streams {
  return {
    stdin: process.stdin,
    stdout: process.stdout === globalThis.process.stdout && isStdoutClosed() ? closedStream() : process.stdout,
    stderr: process.stderr,
    stdoutIsTerminal: process.stdout.isTTY === true,
    redirection: () => redirectionOf(process.stdout.fd),
    stderrIsTerminal: process.stderr.isTTY === true,
    canAsk: process.stdin.isTTY === true && process.stderr.isTTY === true,
    columns: () => process.stdout.columns || process.stderr.columns || 80,
    rows: () => process.stdout.rows || 24,
    drawn: {},
  };
}

function redirectionOf(fd: number | undefined): 'file' | 'pipe' | undefined {
  const stats = fd === undefined ? undefined : fstatSync(fd);
  return stats?.isFile() ? 'file' : stats?.isFIFO() ? 'pipe' : undefined;
}

/** Writes a message to stderr. If that fails, such as on a full disk, the work still counts. */
export async function writeMessage({ stderr, drawn }: Streams, text: string): Promise<void> {
  drawn.line?.clear();
  await write(stderr, text).catch(() => {});
}

/** Writes, and waits until the text is flushed. */
export async function write(stream: Writable, text: string): Promise<void> {
  await new Promise<void>((done, failed) => {
    stream.write(text, (error) => (error ? failed(error) : done()));
  });
}

/** Returns a stream to a terminal, on which all that could act on it is escaped. */
export function escapedStream(terminal: Writable): Writable {
  const decoder = new TextDecoder();
  return new Writable({
    // A failure of stdout interrupts the command.
    write: (piece: Buffer, _encoding, done) => {
      terminal.write(printableLines(decoder.decode(piece, { stream: true })), () => done());
    },
  });
}
