import { execFile, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { promisify } from 'node:util';

/** The settings of every group of figures. */
export interface Settings {
  /** The maintenance database of the server; each group creates its own databases. */
  url: string;
  /** A folder for files. */
  directory: string;
  rows: number;
  runs: number;
}

/** One measured figure: the times of the program and its peer in seconds, one pair per run, or why it is skipped. */
export interface Figure {
  what: string;
  peer: string;
  ours: number[];
  theirs: number[];
  /** Peak memory of the program in bytes. */
  memory?: number;
  /** The target: a maximum ratio to the time of the peer, of seconds more than the peer, or of seconds. */
  target?: { ratio: number } | { over: number } | { under: number };
  skipped?: string;
}

/** The duration, and the peak memory of the process in bytes. */
export interface Measurement {
  seconds: number;
  memory: number;
}

/** Runs a command until it exits. */
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

/** Measures several things, one after the other in each run, after a warm-up run. */
export async function alternating<Name extends string>(
  runs: number,
  things: Record<Name, () => Promise<Measurement>>,
): Promise<Record<Name, Measurement[]>> {
  const names = Object.keys(things) as Name[];
  const measured = Object.fromEntries(names.map((name) => [name, []])) as unknown as Record<Name, Measurement[]>;
  for (let run = 0; run <= runs; run += 1) {
    for (const name of names) {
      const measurement = await things[name]();
      if (run > 0) {
        measured[name].push(measurement);
      }
    }
  }
  return measured;
}

export function figure(
  what: string,
  peer: string,
  ours: Measurement[],
  theirs: Measurement[],
  target: NonNullable<Figure['target']>,
): Figure {
  const seconds = (measurements: Measurement[]) => measurements.map((measurement) => measurement.seconds);
  const memory = Math.max(...ours.map((measurement) => measurement.memory));
  return { what, peer, ours: seconds(ours), theirs: seconds(theirs), memory, target };
}

/** Measures the program and its peer, alternating. */
export async function compare(
  what: string,
  peer: string,
  runs: number,
  ours: () => Promise<Measurement>,
  theirs: () => Promise<Measurement>,
  target: NonNullable<Figure['target']>,
): Promise<Figure> {
  const measured = await alternating(runs, { ours, theirs });
  return figure(what, peer, measured.ours, measured.theirs, target);
}

/** Measures as `compare` does, if the peer is installed. */
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

/** Returns the major version of an installed program. */
export async function versionOf(program: string): Promise<number | undefined> {
  const { stdout } = await promisify(execFile)(program, ['--version']).catch(() => ({ stdout: '' }));
  const version = Number.parseInt(/\d+/.exec(stdout)?.[0] ?? '', 10);
  return Number.isNaN(version) ? undefined : version;
}

function residentBytes(pid: number | undefined): number {
  try {
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024;
  } catch {
    // It has exited, or the system has no /proc.
    return 0;
  }
}
