import { expect, test } from 'vitest';
import { forTerminal, styleFor } from '../../src/cli/style.ts';
import { fileSize, printable } from '../../src/cli/text.ts';
import { jsonText } from '../../src/text/json.ts';

test('text from the database cannot move the cursor or change the writing direction', () => {
  expect(printable('a\u001b[2Jb\nc\u202ed\u0000')).toBe('a\\x1b[2Jb\\nc\\u202ed\\x00');
});

test.each([
  ['zero-width characters', 'a\u200bb\u2060c\ufeff', 'a\\u200bb\\u2060c\\ufeff'],
  ['joiners between letters that they do not join', 'a\u200db\u200c', 'a\\u200db\\u200c'],
  ['fillers, a soft hyphen and a Braille cell without dots', '\u3164\u115f\u00ad\u2800', '\\u3164\\u115f\\xad\\u2800'],
  ['tags', '🏴\u{e0067}\u{e007f}', '🏴\\u{e0067}\\u{e007f}'],
  ['variation selectors that carry data', 'a\ufe01\u{e0101}', 'a\\ufe01\\u{e0101}'],
  ['half a character', '\ud83d!', '\\ud83d!'],
  ['marks of direction', '\u061c\u200e\u200f\u202a\u2067', '\\u061c\\u200e\\u200f\\u202a\\u2067'],
])('%s are escaped', (_what, text, escaped) => {
  expect(printable(text)).toBe(escaped);
});

test.each(['👩‍⚕️ 🏳️‍🌈 👩🏽‍🚀 1️⃣ ❤️', 'علی‌رضا می‌خواهم', 'क्‍ष ශ්‍රී', '葛󠄀 炉内温度', 'Größe µ ε₀ café'])(
  'what belongs to the visible character before it is kept: %s',
  (text) => {
    expect(printable(text)).toBe(text);
  },
);

test('every character that Unicode calls ignorable, a control or a separator of lines is escaped', () => {
  const hidden = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\p{Default_Ignorable_Code_Point}]/u;
  const all = Array.from({ length: 0x11_0000 }, (_, code) => String.fromCodePoint(code));
  expect(all.filter((character) => hidden.test(character) && printable(`a${character}b`).includes(character))).toEqual(
    [],
  );
});

test('JSON text shows nothing raw, and is the same for a program', () => {
  const value = { 'name\u202e': ['a\u009b\u007f\u200b\u{e0041}\ud83d', { text: 'line\nbreak' }] };
  const text = jsonText(value, 2);
  expect(text).toMatch(/^[\n\x20-\x7e]*$/);
  expect(text).toContain('a\\u009b\\u007f\\u200b\\udb40\\udc41\\ud83d');
  expect(JSON.parse(text)).toEqual(value);
});

test('a message keeps its lines and its colours, and nothing else that acts on a terminal', () => {
  const style = styleFor(true, { TERM: 'xterm' }, true);
  const message = `${style.red('error:')} no\n${style.dim('such')} \u001b[2J\u001b]0;title\u0007 \u001b[8mrow`;
  expect(forTerminal(message)).toBe(
    `${style.red('error:')} no\n${style.dim('such')} \\x1b[2J\\x1b]0;title\\x07 \\x1b[8mrow`,
  );
});

test('sizes are in the unit that fits', () => {
  expect([0, 999, 45_000, 12_345_678, 7e12].map(fileSize)).toEqual([
    '0 bytes',
    '999 bytes',
    '45 kB',
    '12.3 MB',
    '7.0 TB',
  ]);
});
