import { strict as assert } from 'node:assert';
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathsIn } from '../../src/database/embedded-server/directory.ts';
import { serverStatus } from '../../src/database/embedded-server/server.ts';
import { until } from '../support/until.ts';
import { partOptions, reportResult } from './part.ts';
import { randomFrom } from './random.ts';
import { assertNoSecretIn, SECRET } from './secret.ts';
import { type Running, startProgram } from './start.ts';

/**
 * Starts 20 commands at once on a stopped embedded server; in the first round, it does not exist yet, and all migrate it. In every second round
 * five of them are killed, and in every third one the server, too. Every command that was left alone succeeds, nothing that was
 * reported as written is lost, and after the last command the server is stopped.
 */
const AT_ONCE = 20;
const KILLED = 5;

const { count, seed } = partOptions();
const random = randomFrom(seed);
const root = mkdtempSync(join(tmpdir(), 'embedded-'));
// For root the server runs under another account, which must get through.
chmodSync(root, 0o711);
const directory = join(root, 'webmacs');
const env = { WEBMACS_DATA_DIR: directory, WEBMACS_PASSWORD: SECRET, WEBMACS_USER: 'ada' };
const findings: string[] = [];
const created = new Set<string>();
let commands = 0;
let killed = 0;
let crashes = 0;

for (let round = 0; round < count; round++) {
  try {
    await runRound(round);
  } catch (error) {
    findings.push(`round ${round}: ${error instanceof Error ? error.message : error}`);
  }
}
rmSync(root, { recursive: true });
reportResult({
  findings,
  summary: `${commands} commands, ${killed} of them killed, ${crashes} servers killed, ${created.size} rows kept`,
});

async function runRound(round: number): Promise<void> {
  const [kills, crash] = [round % 2 === 1, round % 3 === 2];
  const words = (at: number) =>
    round === 0 ? ['db', 'migrate'] : at % 2 ? ['events', 'list', '--json'] : eventOf(`${round}-${at}`);
  const running = Array.from({ length: AT_ONCE }, (_, at) => startProgram(words(at), env));
  const victims = kills ? running.filter((_, at) => at % (AT_ONCE / KILLED) === 0) : [];
  const pause = random(1000);
  if (kills || crash) {
    await until(() => serverStatus(directory).running);
    await sleep(pause);
  }
  for (const { child } of victims) {
    killed += Number(child.exitCode === null && child.kill('SIGKILL'));
  }
  const { pid } = serverStatus(directory);
  const crashed = crash && pid !== null;
  if (crashed) {
    process.kill(pid, 'SIGKILL');
    crashes++;
  }
  const outcomes = await Promise.all(running.map(({ outcome }) => outcome));
  commands += AT_ONCE;
  for (const [at, { code, stderr }] of outcomes.entries()) {
    if (code === 0 && words(at)[1] === 'create') {
      created.add(`${round}-${at}`);
    }
    // The commands of a killed server fail, with a sentence about the database.
    assert(
      code === 0 ||
        (code === null && victims.some(({ child }) => child === running[at]?.child)) ||
        (crashed && code === 5),
      `command ${at}, "${words(at).join(' ')}": exit code ${code}: ${stderr}`,
    );
  }
  if (round === 0) {
    await succeeds(startProgram(['users', 'create', 'ada', '--email', 'a@lab.org', '--admin'], env));
  }
  const { stdout } = await succeeds(startProgram(['events', 'list', '--json'], env));
  const names = (JSON.parse(stdout) as { name: string }[]).map(({ name }) => name);
  assert.deepEqual(
    [...created].filter((name) => !names.includes(name)),
    [],
    'rows that were reported as created are lost',
  );
  assert.equal(serverStatus(directory).running, false, 'the server still runs after the last command');
  assertNoSecretIn(readFileSync(pathsIn(directory).log, 'utf8'), 'the log of the server');
}

function eventOf(name: string): string[] {
  return ['events', 'create', name, ...'--unit K --min 0 --max 9 --type sensor'.split(' ')];
}

async function succeeds({ outcome }: Running) {
  const { code, stdout, stderr } = await outcome;
  assert.equal(code, 0, stderr);
  return { stdout };
}
