import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Progress } from '../../src/cli/progress.ts';
import { type GlobalOptions, Session } from '../../src/cli/session.ts';
import { processStreams, writeMessage } from '../../src/cli/streams.ts';
import { TestHost } from '../support/host.ts';
import { TestTerminal } from '../support/terminal.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** What is on the last line of the terminal, after all that was written. */
function lastLine(text: string): string {
  return text.split(/\n|\r(?:\u001b\[\dA)?\u001b\[J/).at(-1) ?? '';
}

interface Where {
  host?: TestHost;
  env?: Record<string, string>;
  options?: GlobalOptions;
}

/** Some work, and what can be seen of it, by default on a terminal. */
function work(label: string, { host = new TestTerminal({}), env = { TERM: 'xterm' }, options = {} }: Where = {}) {
  const session = new Session(processStreams(host), { NO_COLOR: '1', ...env }, new AbortController().signal);
  session.configure(options);
  const begun = Promise.withResolvers<(progress: Progress) => void>();
  const end = Promise.withResolvers<void>();
  const done = session.progress(label, async (show) => {
    begun.resolve(show);
    await end.promise;
  });
  return {
    streams: session.streams,
    text: () => host.stderr.text,
    line: () => lastLine(host.stderr.text),
    resize: (columns: number) => void Object.assign(host.stdout, { columns }),
    /** Reports, and waits this many milliseconds. */
    async after(milliseconds: number, progress?: Progress): Promise<void> {
      const report = await begun.promise;
      if (progress) {
        report(progress);
      }
      await vi.advanceTimersByTimeAsync(milliseconds);
    },
    async finish(): Promise<void> {
      end.resolve();
      await done;
    },
  };
}

const HALF = { rows: 500_000, bytes: 30_000_000, totalRows: 1_000_000 };

test('work that cannot be counted has a spinner after a second, with its label and the time', async () => {
  const stats = work('Computing statistics');
  await stats.after(900);
  expect(stats.text()).toBe('');
  await stats.after(3100);
  expect(stats.line()).toMatch(/^[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏] Computing statistics {2}4 s$/);
  await stats.finish();
  expect(stats.line()).toBe('');
});

test('there are no rates in the first second', async () => {
  const copy = work('Exporting run7.csv');
  await copy.after(500, HALF);
  expect(copy.line()).toMatch(/^Exporting run7.csv {2}█+░+ {3}50 % {2}500,000 rows$/);
  await copy.after(1500);
  expect(copy.line()).toMatch(/ {3}50 % {2}500,000 rows {2}15\.0 MB\/s {2}2 s {2}2 s left$/);
  await copy.finish();
});

test.each([
  [120, /^Exporting run7.csv {2}█{12}░{12} {3}50 % {2}500,000 rows {2}3\.0 MB\/s {2}10 s {2}10 s left$/],
  [80, /^Exporting run7.csv {2}█{8}░{8} {3}50 % {2}500,000 rows {2}10 s {2}10 s left$/],
  [50, /^Exporting run7.csv {3}50 % {2}10 s {2}10 s left$/],
  [20, /^Exporting run7.csv$/],
  [10, /^Exportin…$/],
  [1, /^.?$/],
])('in a window of %d columns it is one line, which fits', async (columns, expected) => {
  const copy = work('Exporting run7.csv');
  copy.resize(columns);
  await copy.after(10_000, HALF);
  expect(copy.line()).toMatch(expected);
  expect(copy.text()).not.toContain('\n');
  await copy.finish();
});

test('a long or wide label is cut to a third of the window', async () => {
  const copy = work(`Exporting ${'炉'.repeat(40)}.csv`);
  copy.resize(80);
  await copy.after(2000, HALF);
  expect(copy.line()).toMatch(/^Exporting 炉{7}… {3}█+░+ {3}50 % {2}2 s {2}2 s left$/);
  await copy.finish();
});

test('a window that became narrower has no rest of the line that was drawn before', async () => {
  const copy = work('Exporting run7.csv');
  copy.resize(80);
  await copy.after(2000, HALF);
  copy.resize(30);
  await copy.after(100);
  // The line of 75 characters takes three now.
  expect(copy.text()).toMatch(/\r\u001b\[2A\u001b\[JExporting run7.csv {3}50 %/);
  expect(copy.line().length).toBeLessThan(30);
  await copy.finish();
});

test('a message is not written into the line', async () => {
  const copy = work('Exporting run7.csv');
  await copy.after(2000, HALF);
  await writeMessage(copy.streams, 'a warning\n');
  expect(copy.text()).toMatch(/left\r\u001b\[Ja warning\n$/);
  await copy.after(100);
  expect(copy.line()).toContain('Exporting run7.csv');
  await copy.finish();
});

test('plain progress is a line after a second, then every five, without anything that moves the cursor', async () => {
  const copy = work('Exporting run7.csv', { options: { progress: 'plain' } });
  await copy.after(6500, HALF);
  expect(copy.text()).toBe(
    'Exporting run7.csv: 50 %, 500,000 rows, 30.0 MB/s, 1 s, 1 s left\n' +
      'Exporting run7.csv: 50 %, 500,000 rows, 5.0 MB/s, 6 s, 6 s left\n',
  );
  await copy.finish();
});

const SPINNER = /\r\u001b\[J. Waiting {2}1 s$/;
const PLAIN = /^Waiting: 1 s\n$/;
const NOTHING = /^$/;

test.each<[string, Where, RegExp]>([
  ['a terminal', {}, SPINNER],
  ['a dumb terminal', { env: { TERM: 'dumb' } }, PLAIN],
  ['no terminal', { host: new TestHost({}) }, NOTHING],
  ['no terminal, but asked for', { host: new TestHost({}), options: { progress: 'plain' } }, PLAIN],
  ['a terminal, but disabled', { options: { progress: 'none' } }, NOTHING],
  ['a terminal with --quiet', { options: { progress: 'plain', quiet: true } }, NOTHING],
])('where it is shown, and how: %s', async (_what, where, expected) => {
  const waiting = work('Waiting', where);
  await waiting.after(1900);
  expect(waiting.text()).toMatch(expected);
  await waiting.finish();
});

test('what is done after the last row is shown, and an escape sequence in a name is not run', async () => {
  const copy = work('Copying \u001b[31m');
  await copy.after(3000, { rows: 12, doing: 'building indexes' });
  expect(copy.line()).toMatch(/^. Copying \\x1b\[31m {2}12 rows, building indexes {2}3 s$/);
  await copy.finish();
});
