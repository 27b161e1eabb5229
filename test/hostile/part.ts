import { fork } from 'node:child_process';
import { once } from 'node:events';
import { parseArgs } from 'node:util';

/** One kind of hostile input or event: a script that runs in a process of its own, and reports a result. */
export interface Part {
  name: string;
  /** Called with `--count` and `--seed`. */
  script: URL;
  /** How many cases run by default. */
  count: number;
  /** The script is killed after this time, which counts as a finding. */
  limitSeconds: number;
  /** Options of Node, such as limits on its memory. */
  nodeOptions?: readonly string[];
  /** Whether it needs a PostgreSQL server, whose URL is in HOSTILE_SERVER. */
  server?: boolean;
}

/** What a script reports. */
export interface PartResult {
  /** The outcome of all cases in one line. */
  summary: string;
  /** What must not happen, but did. */
  findings: string[];
}

/** Runs a part. A script that crashes, hangs or reports nothing is a finding. */
export async function runPart(part: Part, count: number, seed: number): Promise<PartResult & { seconds: number }> {
  const started = performance.now();
  const child = fork(part.script, ['--count', String(count), '--seed', String(seed)], {
    execArgv: [...(part.nodeOptions ?? [])],
    timeout: part.limitSeconds * 1000,
    killSignal: 'SIGKILL',
  });
  let result: PartResult | undefined;
  child.on('message', (message: PartResult) => {
    result = message;
  });
  const [code, signal] = await once(child, 'close');
  const seconds = (performance.now() - started) / 1000;
  const ending = signal === null ? `exit code ${code}` : `${signal} after ${seconds.toFixed(0)} s`;
  return result && code === 0
    ? { ...result, seconds }
    : { summary: '', findings: [...(result?.findings ?? []), `The script ended with ${ending}.`], seconds };
}

/** The options of this script. */
export function partOptions(): { count: number; seed: number } {
  const { values } = parseArgs({
    options: { count: { type: 'string', default: '1' }, seed: { type: 'string', default: '1' } },
  });
  return { count: Number(values.count), seed: Number(values.seed) };
}

/** Reports the result of this script to `runPart`. */
export function reportResult(result: PartResult): void {
  // A long message is lost if the channel closes while it is sent.
  process.send?.(result, () => process.disconnect?.());
}
