import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

// Waits for the end of its standard input, which comes with the end of the tests' process, be it by kill -9. Then it ends
// the PostgreSQL servers whose data lies in the given directory, and removes that.
const [directory = ''] = process.argv.slice(2);

/** The PostgreSQL servers that were started on a path in the directory. */
function servers(): number[] {
  return commands().flatMap(({ pid, command }) =>
    /^\S*\bpostgres\s/.test(command) && command.includes(` ${directory}/`) ? [pid] : [],
  );
}

function commands(): { pid: number; command: string }[] {
  if (!existsSync('/proc/self/cmdline')) {
    const lines = execFileSync('ps', ['-axww', '-o', 'pid=,command='], { encoding: 'utf8' }).split('\n');
    return lines.map((line) => ({ pid: Number.parseInt(line, 10), command: line.replace(/^ *\d+ /, '') }));
  }
  const pids = readdirSync('/proc').map(Number).filter(Boolean);
  return pids.map((pid) => ({ pid, command: textOf(`/proc/${pid}/cmdline`).replaceAll('\0', ' ') }));
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // Its process has ended meanwhile.
    return '';
  }
}

await once(process.stdin.resume(), 'end');
// SIGQUIT: at once, and with the processes that serve clients. Whoever was killed may have just been starting one.
for (let quiet = 0; quiet < 5; quiet++) {
  for (const pid of servers()) {
    quiet = 0;
    try {
      process.kill(pid, 'SIGQUIT');
    } catch {
      // It has ended meanwhile.
    }
  }
  await sleep(100);
}
rmSync(directory, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
