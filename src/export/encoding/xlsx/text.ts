/** What XML cannot hold, what its readers change (a carriage return), and what a spreadsheet would take for such an escape. */
const ESCAPED = /[\0-\x08\x0b-\x1f\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)/g;
const MARKUP: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };

/**
 * Escapes a text of a cell, as Excel does: a character that XML cannot hold as `_x0007_`, and `_` as `_x005F_` where it would be
 * read as the start of that.
 */
export function cellText(text: string): string {
  return text
    .replace(ESCAPED, (character) => `_x${character.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}_`)
    .replace(/[&<>]/g, (character) => MARKUP[character] ?? character);
}
