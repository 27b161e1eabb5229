import { expect, test } from 'vitest';
import { LiveLines } from '../../src/cli/live-lines.ts';
import { processStreams, writeMessage } from '../../src/cli/streams.ts';
import { Screen } from '../support/screen.ts';

function aWindow(columns: number, rows: number) {
  const screen = new Screen(columns, rows);
  const streams = processStreams(screen);
  screen.stdout.write('$ watch\n');
  return { screen, streams, live: new LiveLines(streams) };
}

test('lines replace those before them, also if there are fewer', async () => {
  const { screen, live } = aWindow(20, 6);
  await live.draw(['one', 'two', 'three']);
  await live.draw(['1', '2']);
  expect(await screen.text()).toBe('$ watch\n1\n2');
});

test('lines at the end of the window are replaced too', async () => {
  const { screen, live } = aWindow(20, 4);
  await live.draw(['one', 'two', 'three']);
  await live.draw(['1', '2', '3']);
  expect(await screen.text()).toBe('$ watch\n1\n2\n3');
});

test.each([['plain'], ['温度温度温度温度']])(
  'a window that became narrower keeps what was above the lines: %s',
  async (more) => {
    const { screen, live } = aWindow(40, 12);
    await live.draw([`${more} and some more text`, 'two', `${more} to the end of the line`]);
    screen.resize(11, 12);
    await live.draw(['1', '2', '3']);
    expect(await screen.text()).toBe('$ watch\n1\n2\n3');
  },
);

test('a window that became wider, or lower, shows the lines once', async () => {
  const { screen, live } = aWindow(20, 8);
  await live.draw(['one', 'two', 'three']);
  screen.resize(40, 5);
  await live.draw(['1', '2', '3']);
  expect(await screen.text()).toBe('$ watch\n1\n2\n3');
});

test('a message takes the place of the lines, which the next drawing puts below it', async () => {
  const { screen, streams, live } = aWindow(20, 8);
  await live.draw(['one', 'two']);
  await writeMessage(streams, 'note: hello\n');
  await live.draw(['1', '2']);
  expect(await screen.text()).toBe('$ watch\nnote: hello\n1\n2');
});

test('a text cannot act on the terminal', async () => {
  const { screen, live } = aWindow(60, 8);
  await live.draw(['\u001b[2J\u001b]0;title\u0007\u202e']);
  expect(await screen.text()).toBe('$ watch\n\\x1b[2J\\x1b]0;title\\x07\\u202e');
});
