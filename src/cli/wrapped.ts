import { measureFor } from './width.ts';

/** A word, a quoted text or a command to the end of the line, which can be pasted only as a whole; with the blanks before it. */
const PIECE = /\s*(?:[^\s"]*(?:webmacs(?:\.js)?|chmod) .*|(?:"[^"]*"|\S)+)/g;

const COLOUR = /\u001b\[\d+m/g;

/** Wraps a message at blanks where a line is wider than the window; its other lines start as it does. */
export async function wrapped(message: string, columns: number): Promise<string> {
  // At most: no character takes more than two cells, and those before Hangul take one.
  if (message.split('\n').every((line) => line.length + line.replace(/[^\u1100-\uffff]/g, '').length <= columns)) {
    return message;
  }
  const measure = await measureFor([message.replaceAll(/\n|\u001b\[\d+m/g, '')]);
  const widthOf = (text: string) => measure(text.replaceAll(COLOUR, ''));
  return message.split('\n').map(wrappedLine).join('\n');

  function wrappedLine(line: string): string {
    const start = /^ */.exec(line)?.[0] ?? '';
    const lines: string[] = [];
    let current = '';
    for (const piece of line.match(PIECE) ?? []) {
      if (current !== '' && widthOf(current + piece) > columns) {
        lines.push(current);
        current = start + piece.trimStart();
      } else {
        current += piece;
      }
    }
    return [...lines, current].join('\n');
  }
}
