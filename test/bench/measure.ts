import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';

/** What every group of figures is told. */
export interface Settings {
  /** The server's maintenance database: a group makes databases of its own beside it. */
  url: string;
  /** A folder for files. */
  directory: string;
  rows: number;
  runs: number;
}

/** One thing measured: ours and its peer's times in seconds, a pair a run, or why there is no peer. */
export interface Figure {
  what: string;
  peer: string;
  ours: number[];
  theirs: number[];
  /** Peak memory of our process in bytes. */
  memory?: number;
  /** What is aimed at: at most so many times the peer's time, or so many seconds more. */
  target?: { ratio: number } | { over: number };
  skipped?: string;
}

/** How long something took, and the peak memory of the process in bytes. */
export interface Measurement {
  seconds: number;
  memory: number;
}

/** Runs a command to its end. */
export async function timed(
  program: string,
  words: string[],
  env: Record<string, string> = {},
  stdout?: string,
): Promise<Measurement> {
  const file = stdout === undefined ? undefined : openSync(stdout, 'w');
  const started = performance.now();
  const child = spawn(program, words, {
    env: { ...process.env, ...env },
    stdio: ['ignore', file ?? 'ignore', 'inherit'],
  });
  let memory = 0;
  const watch = setInterval(() => {
    memory = Math.max(memory, residentBytes(child.pid));
  }, 20);
  const code = await new Promise<number | null>((done, failed) => {
    child.once('error', failed);
    child.once('exit', done);
  }).finally(() => {
    clearInterval(watch);
    if (file !== undefined) {
      closeSync(file);
    }
  });
  if (code !== 0) {
    throw new Error(`${program} ${words.join(' ')} ended with ${code}`);
  }
  return { seconds: (performance.now() - started) / 1000, memory };
}

/** Ours and theirs, alternating, after one run of each that does not count. */
export async function compare(
  what: string,
  peer: string,
  runs: number,
  ours: () => Promise<Measurement>,
  theirs: () => Promise<{ seconds: number }>,
  target?: Figure['target'],
): Promise<Figure> {
  const figure: Figure = { what, peer, ours: [], theirs: [], memory: 0, ...(target ? { target } : {}) };
  for (let run = 0; run <= runs; run += 1) {
    const mine = await ours();
    const other = await theirs();
    if (run > 0) {
      figure.ours.push(mine.seconds);
      figure.theirs.push(other.seconds);
      figure.memory = Math.max(figure.memory ?? 0, mine.memory);
    }
  }
  return figure;
}

/** As `compare`, where the peer is a program that may not be there. */
export async function compareWith(program: string, ...rest: Parameters<typeof compare>): Promise<Figure> {
  const [what, peer] = rest;
  return (await isInstalled(program))
    ? await compare(...rest)
    : { what, peer, ours: [], theirs: [], skipped: `${program} is not installed` };
}

/** Whether a program is installed. */
export async function isInstalled(program: string): Promise<boolean> {
  return await timed(program, ['--version']).then(
    () => true,
    () => false,
  );
}

function residentBytes(pid: number | undefined): number {
  try {
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024;
  } catch {
    // It has ended, or the system has no /proc.
    return 0;
  }
}
