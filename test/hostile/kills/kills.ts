import { strict as assert } from 'node:assert';
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Run } from '../../support/program.ts';
import { partOptions, reportResult } from '../part.ts';
import { type Random, randomFrom } from '../random.ts';
import { assertNoSecretBelow, assertNoSecretIn, assertNoSecretInProcesses } from '../secret.ts';
import { type HostileSite, serverLog } from '../site.ts';
import { startProgram } from '../start.ts';

/** A command to be killed, and what must hold afterwards. The checks throw. */
export interface Round {
  /** For findings. */
  kind: string;
  words: string[];
  env: Record<string, string>;
  site: HostileSite;
  /** Runs what the command needs to exist. */
  before?(run: Rerun): Promise<void>;
  /** Checks what the killed command has left; `done` if it had ended by itself. */
  check(done: boolean): Promise<void>;
  /** Runs it, or another command, again, and checks that all is complete. */
  repeat(run: Rerun): Promise<void>;
}

/** Runs the program to its end; an exit code other than the given ones is a finding. */
export type Rerun = (words: string[], env: Record<string, string>, codes?: number[]) => Promise<Run>;

/**
 * Prepares and kills commands at random fractions of their duration, until as many as requested were killed; those that end
 * first are checked alike, and not counted. Reports the result of the part.
 * @param prepare with a new, empty folder for the files of the round
 */
export async function runKills(
  prepare: (round: number, random: Random, folder: string) => Promise<Round>,
): Promise<void> {
  const { count, seed } = partOptions();
  const random = randomFrom(seed);
  const root = mkdtempSync(join(tmpdir(), 'kills-'));
  const findings: string[] = [];
  /** How long the latest command took that was not killed. */
  let usual: number | undefined;
  let [longest, kills] = [0, 0];
  let ended = 0;
  for (let number = 0; kills < count && number < count * 3 + 10; number++) {
    const folder = join(root, String(number));
    mkdirSync(folder);
    let where = `round ${number}`;
    try {
      const fraction = random(1000) / 1000;
      const round = await prepare(number, random, folder);
      where += `, ${round.kind}`;
      await round.before?.(rerun);
      const { killed, duration } = await killedAfter(round, usual === undefined ? undefined : usual * fraction);
      where += `, ${killed ? 'killed' : 'ended'} after ${duration.toFixed(0)} ms`;
      longest = killed ? Math.max(longest, duration) : longest;
      kills += Number(killed);
      ended += Number(!killed);
      // When the machine gets slower, only kills show it.
      usual = killed && usual !== undefined ? usual * 1.02 : duration;
      await round.site.quiet();
      await round.check(!killed);
      await round.repeat(rerun);
      assertNoSecretBelow(folder);
      assertNoSecretIn(serverLog(), 'the log of the server');
    } catch (error) {
      findings.push(`${where}: ${error instanceof Error ? error.message : error}`);
    }
    rmSync(folder, { recursive: true });
  }
  if (kills < count) {
    findings.push(`Only ${kills} commands could be killed.`);
  }
  rmSync(root, { recursive: true });
  reportResult({
    findings,
    summary: `${kills} killed after 0 to ${Math.round(longest)} ms, ${ended} had ended`,
  });
}

/** Starts a command, and kills it after a time; without one, it runs to its end. */
async function killedAfter(
  { words, env }: Round,
  milliseconds: number | undefined,
): Promise<{ killed: boolean; duration: number }> {
  const started = performance.now();
  const run = startProgram(words, env);
  await Promise.race([run.outcome, ...(milliseconds === undefined ? [] : [sleep(milliseconds)])]);
  if (run.child.pid !== undefined && run.child.exitCode === null) {
    assertNoSecretInProcesses(run.child.pid);
  }
  run.child.kill('SIGKILL');
  const { code, stderr } = await run.outcome;
  assert(code === 0 || code === null, `exit code ${code}: ${stderr}`);
  return { killed: code === null, duration: performance.now() - started };
}

async function rerun(words: string[], env: Record<string, string>, codes = [0]): Promise<Run> {
  const outcome = await startProgram(words, env).outcome;
  assert(
    codes.includes(outcome.code ?? -1),
    `"${words.slice(0, 3).join(' ')}" again: exit code ${outcome.code}: ${outcome.stderr}`,
  );
  return outcome;
}

/** Checks that a folder has these files and no others, such as temporary ones. */
export function assertFiles(folder: string, expected: string[]): void {
  assert.deepEqual(readdirSync(folder).sort(), expected.toSorted());
}
