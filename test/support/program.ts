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
  /** What standard input has; nothing where left out. */
  input?: string;
  cwd?: string;
}

export interface RunOptions extends StartOptions {
  /** The program's clock, which is not that of a started one. */
  now?: () => Date;
}

/**
 * Runs the program to its end, in the test's own process, without a terminal, and with no setting but the given ones. In
 * another working directory, which a process has one of, it is the started program.
 */
export async function webmacs(words: string[], options: RunOptions = {}): Promise<Run> {
  if (options.cwd !== undefined) {
    return await startedWebmacs(words, options);
  }
  const host = new TestHost(options);
  const { exitCode } = await main(words, host, options.now);
  return { code: exitCode, stdout: host.stdout.text, stderr: host.stderr.text };
}

/** Runs the built program to its end as a process of its own: for tests that are about processes. */
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

/** Starts the built program as a process of its own, and leaves it running. */
export function startWebmacs(words: string[], { env = {}, cwd }: StartOptions = {}): ChildProcess {
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

/** Makes a directory the working directory of the tests' process, and of what it runs, until it is disposed of. */
export function workingDirectory(path: string): Disposable {
  process.chdir(path);
  return { [Symbol.dispose]: () => process.chdir(ROOT) };
}

/** A TCP port of the loopback interface that nobody listens on. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((done) => server.once('listening', done));
  const { port: free } = server.address() as { port: number };
  await new Promise((done) => server.close(done));
  return free;
}
