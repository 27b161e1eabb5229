import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { PROGRAM } from './paths.ts';

/** An environment without any setting of the person who runs the tests. */
export const NO_SETTINGS = {
  PATH: process.env.PATH,
  HOME: '/nonexistent',
  WEBMACS_CONFIG: '/nonexistent/config.json',
  // Of the program's compiled code, which could not be kept under HOME.
  XDG_CACHE_HOME: fileURLToPath(new URL('../../node_modules/.cache', import.meta.url)),
};

export interface Run {
  code: number | null;
  stdout: string;
  stderr: string;
}

export interface RunOptions {
  env?: Record<string, string>;
  /** What standard input has; nothing where left out. */
  input?: string;
  cwd?: string;
}

/** Runs the program to its end, without a terminal, and with no setting but the given ones. */
export async function webmacs(words: string[], options: RunOptions = {}): Promise<Run> {
  const child = startWebmacs(words, options);
  child.stdin?.on('error', () => {});
  child.stdin?.end(options.input ?? '');
  const code = new Promise<number | null>((done) => child.once('close', done));
  const [stdout, stderr] = await Promise.all([
    child.stdout ? text(child.stdout) : '',
    child.stderr ? text(child.stderr) : '',
  ]);
  return { code: await code, stdout, stderr };
}

/** Starts the program and leaves it running. */
export function startWebmacs(words: string[], { env = {}, cwd }: RunOptions = {}): ChildProcess {
  return spawn(process.execPath, [PROGRAM, ...words], {
    ...(cwd === undefined ? {} : { cwd }),
    env: { ...NO_SETTINGS, ...env },
    stdio: 'pipe',
  });
}

/** A directory of its own for a test. */
export function temporaryDirectory(): Disposable & { path: string } {
  const path = mkdtempSync(join(tmpdir(), 'webmacs-test-'));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

/** A TCP port of the loopback interface that nobody listens on. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((done) => server.once('listening', done));
  const { port: free } = server.address() as { port: number };
  await new Promise((done) => server.close(done));
  return free;
}
