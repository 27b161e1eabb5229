import { measureFor } from './width.ts';

/** A word, a quoted text or a command to the end of the line, which can be pasted only as a whole; with the blanks before it. */
const PIECE = /\s*(?:(?:(?:\.[^\s"]*\/)?webmacs(?:\.js)?|chmod) .*|(?:"[^"]*"|\S)+)/g;

const COLOUR = /\u001b\[\d+m/g;

/**
 * Wraps a message at blanks where a line is wider than the window.
 * @param hanging what its other lines start with; by default the blanks that a row starts with, and a few more
 */
export async function wrapped(message: string, columns: number, hanging?: string): Promise<string> {
  // At most: no character takes more than two cells, and those before Hangul take one.
  if (message.split('\n').every((line) => line.length + line.replace(/[^\u1100-\uffff]/g, '').length <= columns)) {
    return message;
  }
  const measure = await measureFor([message.replaceAll(/\n|\u001b\[\d+m/g, '')]);
  const widthOf = (text: string) => measure(text.replaceAll(COLOUR, ''));
  return message.split('\n').map(wrappedLine).join('\n');

  function wrappedLine(line: string): string {
    const [blanks = ''] = /^ */.exec(line) ?? [];
    const start = hanging ?? (blanks && `${blanks}    `);
    const lines: string[] = [];
    let current = '';
    for (const piece of line.match(PIECE) ?? []) {
      const next = start + piece.trimStart();
      const helps = start === '' || widthOf(next) <= columns;
      if (current !== '' && helps && widthOf(current + piece) > columns) {
        lines.push(current);
        current = next;
      } else {
        current += piece;
      }
    }
    return [...lines, current].join('\n');
  }
}
