import { replaceHidden } from './printable.ts';

/**
 * Quotes a word for a POSIX shell, so that it fits on one line and on a terminal: what a reader would not see is written by
 * printf in octal.
 */
export function shellWord(word: string): string {
  if (/^[\w%+,./:=@-]+$/.test(word)) {
    return word;
  }
  const escaped = replaceHidden(
    word.replace(/[\\%]/g, (character) => (character === '%' ? '%%' : '\\\\')),
    octal,
  );
  return replaceHidden(word, () => '') === word
    ? `'${word.replaceAll("'", "'\\''")}'`
    : `"$(printf '${escaped.replaceAll("'", "'\\''")}')"`;
}

function octal(character: string): string {
  return [...new TextEncoder().encode(character)].map((byte) => `\\${byte.toString(8).padStart(3, '0')}`).join('');
}
