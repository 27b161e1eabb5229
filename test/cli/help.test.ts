import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { main } from '../../src/main.ts';
import { allCommands } from '../support/commands.ts';
import { ROOT } from '../support/paths.ts';
import { webmacs } from '../support/program.ts';
import { TestTerminal } from '../support/terminal.ts';

const COMMANDS = await allCommands();
const TOPICS = COMMANDS.filter(([noun, topic]) => noun === 'help' && topic).map((words) => ({ words }));
const PAGES = [
  ...COMMANDS.filter(([noun]) => noun !== 'help').map((words) => ({ words: [...words, '--help'] })),
  ...TOPICS,
];

const linesOver = (width: number, page: string) => page.split('\n').filter((line) => line.length > width);

/** Returns the page on a terminal of this width. */
async function shownAt(columns: number, words: string[], env: Record<string, string> = {}): Promise<string> {
  const terminal = new TestTerminal({ env: { TERM: 'xterm', ...env } });
  terminal.stdout.columns = columns;
  await main(words, terminal);
  return terminal.stdout.text;
}

test.each(PAGES)('the page of $words fits 80 columns, and is as in test/cli/help', async ({ words }) => {
  const { code, stdout, stderr } = await webmacs(words);
  expect([code, stderr, linesOver(80, stdout)]).toEqual([0, '', []]);
  const [own = '', global] = words.length > 1 ? stdout.split('\nGlobal options:\n') : [stdout, ''];
  const ofTheProgram = (await webmacs(['--help'])).stdout.split('\nGlobal options:\n')[1];
  const isUsual = global === undefined || global === ofTheProgram;
  const file = words.filter((word) => word !== '--help').join('-') || 'webmacs';
  await expect(isUsual ? own : stdout).toMatchFileSnapshot(`help/${file}.txt`);
});

test.each([50, 120])('every page fits %d columns, but for a word that is wider', async (columns) => {
  for (const { words } of PAGES) {
    const wide = linesOver(Math.min(columns, 110), await shownAt(columns, words, { NO_COLOR: '1' }));
    expect(wide.filter((line) => !/\S{25}|["'].{20,}["']/.test(line))).toEqual([]);
  }
});

test('headings are bold on a terminal, unless colours are disabled', async () => {
  const heading = '\u001b[1mExamples:\u001b[22m\n';
  expect(await shownAt(80, ['users', '--help'])).toContain(heading);
  expect(await shownAt(80, ['users', 'list', '--help'])).toContain('\u001b[1mGlobal options:\u001b[22m\n');
  expect(await shownAt(80, ['help', 'exit-codes'])).toContain('\u001b[1mExit codes:\u001b[22m\n');
  expect(await shownAt(80, ['users', '--help'], { NO_COLOR: '1' })).not.toContain('\u001b');
  expect(await shownAt(80, ['--no-color', 'users', '--help'])).not.toContain('\u001b');
  expect((await webmacs(['users', '--help'])).stdout).not.toContain('\u001b');
});

test('examples are pasted as they are, where they take several lines too', async () => {
  const { stdout } = await webmacs(['experiments', 'export', '--help']);
  const pasted = stdout.replaceAll(/ \\\n */g, ' ');
  expect(pasted).toContain('\n  $ webmacs experiments export "Run 7" --event "Zone *" --from +10min --to -5min\n');
});

test('the examples of a list show its filters', async () => {
  const { stdout } = await webmacs(['events', 'list', '--help']);
  expect(stdout).toContain('\n  $ webmacs events list --type actuator\n');
});

test.each([
  [['help'], /^Usage: webmacs <command>/],
  [['help', 'users', 'create'], /^Usage: webmacs users create/],
  [['help', 'time'], /^A time is one of:\n/],
  [['help', '--help'], /^ {2}environment +where settings come from/m],
])('%j shows %s', async (words, expected) => {
  const { code, stdout, stderr } = await webmacs(words);
  expect([code, stdout, stderr]).toEqual([0, expect.stringMatching(expected), '']);
});

test.each([['enviroment'], ['usres']])('a typo in "help %s" has a suggestion', async (word) => {
  const { code, stdout, stderr } = await webmacs(['help', word]);
  expect([code, stdout, stderr]).toEqual([2, '', expect.stringMatching(/Did you mean (environment|users)\?/)]);
});

test('the topic of exit codes has each', async () => {
  const { stdout } = await webmacs(['help', 'exit-codes']);
  const named = [...stdout.matchAll(/^ {2}(\d+) /gm)].map(([, code]) => Number(code));
  expect(named).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 130]);
});

test('the topic of the environment has each variable of the program', async () => {
  const { stdout } = await webmacs(['help', 'environment']);
  const files = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.ts'),
  );
  const used = files.flatMap((file) => readFileSync(join(ROOT, 'src', file), 'utf8').match(/\bWEBMACS_[A-Z_]+/g) ?? []);
  // One of the server.
  const missing = [...new Set(used)].filter((name) => name !== 'WEBMACS_UPDATE_DIR' && !stdout.includes(name));
  expect(missing).toEqual([]);
});
