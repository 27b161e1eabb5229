import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

// Waits for the end of its standard input, which comes when the process of the tests exits, even by kill -9. Then stops the
// PostgreSQL servers whose data is in the given directory, and removes the directory.
const [directory = ''] = process.argv.slice(2);

/** Returns the PostgreSQL servers that were started on a path in the directory. */
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
    // The process has exited in the meantime.
    return '';
  }
}

await once(process.stdin.resume(), 'end');
// SIGQUIT stops a server at once, with its backends. The killed process may have been starting one just then.
for (let quiet = 0; quiet < 5; quiet++) {
  for (const pid of servers()) {
    quiet = 0;
    try {
      process.kill(pid, 'SIGQUIT');
    } catch {
      // It has exited in the meantime.
    }
  }
  await sleep(100);
}
rmSync(directory, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
