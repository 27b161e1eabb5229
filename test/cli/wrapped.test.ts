import { expect, test } from 'vitest';
import { wrapped } from '../../src/cli/wrapped.ts';

test.each([
  ['error: Event not found.', 'error: Event\nnot found.'],
  ['\u001b[31merror:\u001b[39m Event not there', '\u001b[31merror:\u001b[39m Event\nnot there'],
  ['  indented words of a row', '  indented\n      words\n      of a\n      row'],
  ['Experiment "Run 7" of us', 'Experiment\n"Run 7" of us'],
  ['Undo it: webmacs datapoints imports undo 12', 'Undo it:\nwebmacs datapoints imports undo 12'],
  ['Undo it: ./bin/webmacs.js undo 12', 'Undo it:\n./bin/webmacs.js undo 12'],
  ['/srv/webmacs is a path', '/srv/webmacs\nis a path'],
  ['温度 温度 温度', '温度 温度\n温度'],
  ['short\n\nlines', 'short\n\nlines'],
])('a message is broken at blanks only, and neither in a name nor in a command: %j', async (message, expected) => {
  expect(await wrapped(message, 13)).toBe(expected);
});

test('a line hangs below its value, unless that is longer than the window', async () => {
  const card = 'name  Air flow of us\nid    12345678901234';
  expect(await wrapped(card, 14, '      ')).toBe('name  Air flow\n      of us\nid    12345678901234');
});
