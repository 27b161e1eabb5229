import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { patternOf } from './examples.ts';

/** A command of a page, and the lines of it that show what it prints. */
interface Step {
  /** For the shell. */
  command: string;
  /** Index of the first line of the page after the command. */
  line: number;
  shown: string[];
}

/** What running a page makes of it. */
interface PageRun {
  /** The page, with what the commands printed where it does not show that already. */
  text: string;
  /** Commands with an exit code other than 0. */
  failed: string[];
}

const TIMEOUT_MILLISECONDS = 300_000;

/** Ends the output of a command, before and after its exit code. */
const MARK = '\u001e';

/** What differs from run to run: ids and digests, times and their offset, durations, sizes and rates, and the blanks around. */
const VOLATILE: [RegExp, string][] = [
  [/(?<![0-9a-z-])[0-9a-f]{8,64}(-[0-9a-f]{1,12}){0,4}(?![0-9a-z])/g, 'ID'],
  [/\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?Z?/g, 'TIME'],
  [/ ?[+-]\d\d:\d\d\b/g, ''],
  [/\b\d[\d,.]* ?(ms|s|min|h|d|bytes|[kMG]?B|rows\/s)\b/g, 'SIZE'],
  [/ {2,}/g, '  '],
];

/**
 * Runs the commands of a page from top to bottom in one shell, on a terminal of 100 columns. Commands are the lines of
 * `console` blocks that start with `$ `, each followed by its output if that is shown, and each `sh` block as a whole; one
 * that starts with `#!` is written to the file that its second line names. Blocks with npm are not run.
 */
export async function runPage(text: string, home: string, env: Record<string, string>): Promise<PageRun> {
  const lines = text.split('\n');
  const steps = stepsOf(lines, home);
  const file = join(home, '.page.sh');
  writeFileSync(file, steps.map(({ command }) => `${command}\nprintf '${MARK}%d${MARK}\\n' $?\n`).join(''));
  const output = await onTerminal(`stty cols 100; exec sh '${file}'`, home, env);
  const parts = output.split(MARK);
  const failed: string[] = [];
  for (const [at, { command, line, shown }] of [...steps.entries()].reverse()) {
    const printed = (parts[2 * at] ?? '').replace(/^\n/, '').trimEnd();
    const code = parts[2 * at + 1];
    if (code !== '0') {
      failed.unshift(`${command}: exit code ${code}\n${printed}`);
    }
    if (shown.length > 0 && !patternOf(stable(shown.join('\n').trimEnd())).test(stable(printed))) {
      lines.splice(line, shown.length, ...printed.split('\n'));
    }
  }
  return { text: lines.join('\n'), failed };
}

function stepsOf(lines: string[], home: string): Step[] {
  const steps: Step[] = [];
  for (const { language, from, to } of blocksOf(lines)) {
    const block = lines.slice(from, to);
    if (block.some((line) => /\bnpm\b/.test(line))) {
      continue;
    }
    if (language === 'console') {
      steps.push(...consoleSteps(block, from));
    } else if (language === 'sh') {
      const [, name] = /^#!.*\n# (\S+):/.exec(block.join('\n')) ?? [];
      const file = join(home, name ?? `.block-${from}.sh`);
      writeFileSync(file, `${block.join('\n')}\n`);
      steps.push(...(name ? [] : [{ command: `sh -e '${file}'`, line: to, shown: [] }]));
    }
  }
  return steps;
}

function blocksOf(lines: string[]): { language: string; from: number; to: number }[] {
  const fences = lines.flatMap((line, at) => (/^ *```/.test(line) ? at : []));
  return fences.flatMap((at, number) =>
    number % 2 === 0
      ? { language: (lines[at] ?? '').trim().slice(3), from: at + 1, to: fences[number + 1] ?? lines.length }
      : [],
  );
}

/** A command continues on the next line after a backslash. */
function consoleSteps(block: string[], from: number): Step[] {
  const steps: Step[] = [];
  for (const [at, line] of block.entries()) {
    const last = steps.at(-1);
    if (line.startsWith('$ ')) {
      steps.push({ command: line.slice(2), line: from + at + 1, shown: [] });
    } else if (last?.command.endsWith('\\') && last.shown.length === 0) {
      last.command += `\n${line}`;
      last.line += 1;
    } else {
      last?.shown.push(line);
    }
  }
  return steps;
}

/** Returns the output of a command line on a terminal, as it is there once a progress line is overwritten. */
async function onTerminal(command: string, cwd: string, env: Record<string, string>): Promise<string> {
  const path = `${join(cwd, 'bin')}:${dirname(process.execPath)}:${process.env.PATH}`;
  const child = spawn('script', ['-qec', command, '/dev/null'], {
    cwd,
    // A command that asks would wait for ever.
    timeout: TIMEOUT_MILLISECONDS,
    env: {
      PATH: path,
      HOME: cwd,
      SHELL: '/bin/sh',
      TERM: 'xterm',
      NO_COLOR: '1',
      PAGER: 'cat',
      LC_ALL: 'C.UTF-8',
      TZ: 'Europe/Berlin',
      ...env,
    },
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  await new Promise((done) => child.once('close', done));
  return stripVTControlCharacters(output.replaceAll(/\r+\n/g, '\n').replaceAll(/^.*\r/gm, ''));
}

function stable(text: string): string {
  return VOLATILE.reduce((result, [pattern, name]) => result.replaceAll(pattern, name), text);
}
