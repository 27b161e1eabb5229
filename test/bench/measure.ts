import { spawn } from 'node:child_process';
import { openSync, readFileSync } from 'node:fs';

/** What every group of figures is told. */
export interface Settings {
  url: string;
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
  skipped?: string;
}

/** Runs a command to its end. */
export async function timed(
  program: string,
  words: string[],
  env: Record<string, string> = {},
  stdout?: string,
): Promise<{ seconds: number; memory: number }> {
  const started = performance.now();
  const child = spawn(program, words, {
    env: { ...process.env, ...env },
    stdio: ['ignore', stdout ? openSync(stdout, 'w') : 'ignore', 'inherit'],
  });
  let memory = 0;
  const watch = setInterval(() => {
    memory = Math.max(memory, residentBytes(child.pid));
  }, 20);
  const code = await new Promise<number | null>((done, failed) => {
    child.once('error', failed);
    child.once('exit', done);
  });
  clearInterval(watch);
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
  ours: () => Promise<{ seconds: number; memory: number }>,
  theirs: () => Promise<{ seconds: number }>,
): Promise<Figure> {
  const figure: Figure = { what, peer, ours: [], theirs: [], memory: 0 };
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

/** Whether a program is installed. */
export async function isInstalled(program: string): Promise<boolean> {
  return await timed(program, ['--version']).then(
    () => true,
    () => false,
  );
}

export function printFigures(figures: Figure[]): void {
  console.log('| what | ours | peer | ratio: median (min, max) | peak memory |');
  console.log('| --- | --- | --- | --- | --- |');
  for (const { what, peer, ours, theirs, memory, skipped } of figures) {
    if (skipped) {
      console.log(`| ${what} | | ${peer} | skipped: ${skipped} | |`);
      continue;
    }
    const ratios = ours.map((seconds, run) => seconds / (theirs[run] ?? Number.NaN));
    const [low, middle, high] = [Math.min(...ratios), median(ratios), Math.max(...ratios)].map((r) => r.toFixed(2));
    const size = memory ? `${(memory / 1e6).toFixed(0)} MB` : '';
    console.log(
      `| ${what} | ${median(ours).toFixed(3)} s | ${peer}: ${median(theirs).toFixed(3)} s | ${middle} (${low}, ${high}) | ${size} |`,
    );
  }
}

function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

function residentBytes(pid: number | undefined): number {
  try {
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024;
  } catch {
    // It has ended, or the system has no /proc.
    return 0;
  }
}
