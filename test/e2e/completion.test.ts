import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { NO_SETTINGS } from '../support/host.ts';
import { PROGRAM } from '../support/paths.ts';
import { webmacs } from '../support/program.ts';
import { anEvent, aSite, aUser } from '../support/site.ts';
import { hasTerminal } from '../support/terminal.ts';
import { until } from '../support/until.ts';

/** All that shells act on. */
const EVERYTHING = `x $(touch F) \`touch F\` ;touch F & it's 5" or back\\slash ~ * ? a:b k=v {a,b} #c $HOME <F >F | wow! °C`;
const HOSTILE = [EVERYTHING, '$(touch F)', '!start', '~home', 'a:b:c'];

const site = await aSite();
const { publicId: owner } = await aUser(site, { username: 'ada', admin: true });
for (const name of [...HOSTILE, 'Bed temperature', 'Bed pressure', '-rf', 'two\nlines']) {
  await anEvent(site, { name, owner });
}

/** A folder with a `webmacs` that completes, and otherwise prints each argument in brackets. */
const folder = mkdtempSync(join(tmpdir(), 'webmacs-completion-'));
afterAll(() => rmSync(folder, { recursive: true }));
writeFileSync(
  join(folder, 'webmacs'),
  `#!/bin/sh
case "$1" in
  __complete | completion) exec '${process.execPath}' '${PROGRAM}' "$@" ;;
  *) printf '[%s]' "$@"; echo ' .' ;;
esac
`,
  { mode: 0o755 },
);
const env = {
  ...NO_SETTINGS,
  PATH: `${folder}:${process.env.PATH}`,
  DATABASE_URL: site.url,
  TERM: 'xterm',
  LC_ALL: 'C.UTF-8',
};

/** Returns what can follow the last of the words. */
async function following(...words: string[]): Promise<string[]> {
  const { code, stdout, stderr } = await site.run(['__complete', 'fish', ...words]);
  expect([code, stderr]).toEqual([0, '']);
  const [kind, ...lines] = stdout.trimEnd().split('\n');
  return kind === 'files' ? ['(files)'] : lines.map((line) => line.split('\t')[0] ?? '');
}

/** The same once the database has answered in time, which it may not on a busy machine. */
async function names(...words: string[]): Promise<string[]> {
  let found: string[] = [];
  await until(async () => {
    found = await following(...words);
    return found.length > 0;
  });
  return found;
}

test.each([
  [['ev'], ['events']],
  [['events', 'l'], ['list']],
  [['plugins', 'instances', 'en'], ['enable']],
  [['events', 'list', '--un'], ['--unfed']],
  [['--json', 'events', 'ls', '--no-c'], ['--no-color']],
  [['events', 'list', '--type', 'a'], ['actuator']],
  [['events', 'list', '--type=a'], ['--type=actuator']],
  [['--format', 'j'], ['json']],
  [
    ['experiments', 'export', '--aggregate', 'm'],
    ['mean', 'min', 'max', 'median'],
  ],
  [
    ['experiments', 'export', '--aggregate', 'mean,min,m'],
    ['mean,min,max', 'mean,min,median'],
  ],
  [['experiments', 'export', '--aggregate=count,f'], ['--aggregate=count,first']],
  [['help', 'exit'], ['exit-codes']],
  [['help', 'events', 'cr'], ['create']],
  [['completion', 'b'], ['bash']],
  [['datapoints', 'import', 'r'], ['(files)']],
  [
    ['db', 'backup', '--keep'],
    ['--keep', '--keep-monthly'],
  ],
  [['db', 'backup', '-o', 'r'], ['(files)']],
  [['db', 'backup', 'list', '--keep'], []],
  [['experiments', 'export', '--output=r'], ['(files)']],
  [['experiments', 'start', ''], []],
  [['nothing', 'like', ''], []],
  [['events', 'list', '--page', ''], []],
])('after %j follows %j', async (words, expected) => {
  expect(await following(...words)).toEqual(expected);
});

test.each([
  [
    ['events', 'show', 'Bed'],
    ['Bed pressure', 'Bed temperature'],
  ],
  [['datapoints', 'list', '--event', 'Bed t'], ['Bed temperature']],
  [['datapoints', 'list', '--event=Bed t'], ['--event=Bed temperature']],
  [['users', 'show', ''], ['ada']],
  [['--as', 'a'], ['ada']],
  [['events', 'show', '--', '-'], ['-rf']],
])('after %j follow the names in the database: %j', async (words, expected) => {
  expect(await names(...words)).toEqual(expected);
});

test('names that a line cannot have, or that would be options, are left out', async () => {
  const found = await names('events', 'show', '');
  expect(found).toEqual(expect.arrayContaining(HOSTILE));
  expect(found.filter((name) => /^-|lines/.test(name))).toEqual([]);
});

test.each([
  ['unreachable', 'postgresql://127.0.0.1:1/none'],
  ['invalid', 'no URL'],
  ['without tables', 'postgresql://127.0.0.1:1/none?sslmode=nonsense'],
])('a database that is %s disturbs nobody', async (_what, url) => {
  const run = await webmacs(['__complete', 'zsh', 'events', 'show', ''], { env: { DATABASE_URL: url } });
  expect(run).toEqual({ code: 0, stdout: 'words\n', stderr: '' });
});

test('a server that never answers is not waited for', async () => {
  const silent = createServer(() => {}).listen(0, '127.0.0.1');
  await new Promise((done) => silent.once('listening', done));
  const { port } = silent.address() as { port: number };
  const run = await webmacs(['__complete', 'zsh', 'events', 'show', ''], {
    env: { DATABASE_URL: `postgresql://ada@127.0.0.1:${port}/lab` },
  });
  silent.close();
  expect(run).toEqual({ code: 0, stdout: 'words\n', stderr: '' });
});

interface Shell {
  name: string;
  file: string;
  /** Its arguments without the user's settings. */
  interactive: string;
  start: string;
}

const BASH: Shell = {
  name: 'bash',
  file: '/usr/bin/bash',
  interactive: '--norc --noprofile -i',
  start: 'source <(webmacs completion bash)',
};
const SHELLS: Shell[] = [
  BASH,
  {
    name: 'zsh',
    file: '/usr/bin/zsh',
    interactive: '-f -i',
    start: 'autoload -Uz compinit; compinit -u -D; source <(webmacs completion zsh)',
  },
  { name: 'fish', file: '/usr/bin/fish', interactive: '--no-config -i', start: 'webmacs completion fish | source' },
];

/** Types each line into an interactive shell on a terminal, until it prints the arguments that are expected. */
async function inShell({ file, interactive, start }: Shell, lines: [keys: string, expected: string][]): Promise<void> {
  const child = spawn('script', ['-qec', `${file} ${interactive}`, '/dev/null'], {
    env: { ...env, SHELL: '/bin/sh', HOME: folder, XDG_CONFIG_HOME: folder },
    cwd: folder,
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  try {
    child.stdin.write(`stty cols 200; ${start}; webmacs ready\n`);
    await until(() => output.includes('[ready] .'));
    for (const [keys, expected] of lines) {
      // On a busy machine the database may not answer in time.
      for (let attempt = 0; attempt < 5 && !output.includes(`${expected} .`); attempt++) {
        const from = output.length;
        child.stdin.write(`${keys}\t\n`);
        await until(() => output.slice(from).includes('] .'));
      }
      expect(output).toContain(`${expected} .`);
    }
  } finally {
    child.kill('SIGKILL');
  }
  expect(existsSync(join(folder, 'F'))).toBe(false);
}

describe.each(SHELLS)('in $name', (shell) => {
  const isHere = hasTerminal && existsSync(shell.file);

  test.skipIf(!isHere)('commands, options and values follow', async () => {
    await inShell(shell, [
      ['webmacs even', '[events]'],
      ['webmacs events list --unf', '[events][list][--unfed]'],
      ['webmacs events list --type act', '[events][list][--type][actuator]'],
      ['webmacs events list --type=act', '[events][list][--type=actuator]'],
    ]);
  });

  test.skipIf(!isHere)(
    'names are inserted as one word, whatever they consist of, and nothing in them runs',
    async () => {
      await inShell(shell, [
        ['webmacs events show Bed\\ t', '[events][show][Bed temperature]'],
        ['webmacs events show "Bed t', '[events][show][Bed temperature]'],
        ["webmacs events show 'Bed p", '[events][show][Bed pressure]'],
        ['webmacs datapoints list --event=Bed\\ t', '[datapoints][list][--event=Bed temperature]'],
        ...HOSTILE.map((name): [string, string] => [
          `webmacs events show ${[...name]
            .slice(0, 2)
            .map((each) => (/[\w.]/.test(each) ? each : `\\${each}`))
            .join('')}`,
          `[events][show][${name}]`,
        ]),
      ]);
    },
  );
});

test.skipIf(!hasTerminal)('in the quotes of bash, names are inserted as one word too', async () => {
  await inShell(BASH, [
    ["webmacs events show 'x", `[events][show][${EVERYTHING}]`],
    ['webmacs events show "x', `[events][show][${EVERYTHING}]`],
    ['webmacs events show "\\$(', '[events][show][$(touch F)]'],
    ['webmacs events show a:b', '[events][show][a:b:c]'],
  ]);
});

test.each([
  ['9', ['words', 'list']],
  ['63', ['words', 'list  (list events)', 'show  (show one event with all its columns)']],
])('bash gets descriptions only for a list that it shows: %s', async (type, expected) => {
  const typed = type === '9' ? 'l' : '';
  const { stdout } = await site.run(['__complete', 'bash', `webmacs events ${typed}`, typed, type]);
  expect(stdout.trimEnd().split('\n')).toEqual(expect.arrayContaining(expected));
});
