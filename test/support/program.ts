import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { main } from '../../src/main.ts';
import { NO_SETTINGS, TestHost } from './host.ts';
import { PROGRAM, ROOT } from './paths.ts';

export interface Run {
  code: number | null;
  stdout: string;
  stderr: string;
}

export interface StartOptions {
  env?: Record<string, string>;
  /** The content of standard input; empty by default. */
  input?: string;
  cwd?: string;
}

export interface RunOptions extends StartOptions {
  /** The clock of the program, ignored by a started one. */
  now?: () => Date;
}

/**
 * Runs the program in the test's own process, without a terminal and with only the given settings. For another working
 * directory, which is per process, starts the built program instead.
 */
export async function webmacs(words: string[], options: RunOptions = {}): Promise<Run> {
  if (options.cwd !== undefined) {
    return await startedWebmacs(words, options);
  }
  const host = new TestHost(options);
  const { exitCode } = await main(words, host, options.now);
  return { code: exitCode, stdout: host.stdout.text, stderr: host.stderr.text };
}

/** Runs the built program as a separate process until it exits, for tests that are about processes. */
export async function startedWebmacs(words: string[], options: StartOptions = {}): Promise<Run> {
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

/** Starts the built program as a separate process, and leaves it running. */
export function startWebmacs(words: string[], { env = {}, cwd }: StartOptions = {}): ChildProcess {
  return spawn(process.execPath, [PROGRAM, ...words], {
    ...(cwd === undefined ? {} : { cwd }),
    env: { ...NO_SETTINGS, ...env },
    stdio: 'pipe',
  });
}

/** Creates a temporary directory for a test. */
export function temporaryDirectory(): Disposable & { path: string } {
  const path = mkdtempSync(join(tmpdir(), 'webmacs-test-'));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

/** Changes the working directory of the test's process until disposed. */
export function workingDirectory(path: string): Disposable {
  process.chdir(path);
  return { [Symbol.dispose]: () => process.chdir(ROOT) };
}

/** Returns a free TCP port of the loopback interface. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((done) => server.once('listening', done));
  const { port: free } = server.address() as { port: number };
  await new Promise((done) => server.close(done));
  return free;
}
