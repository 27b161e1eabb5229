const TAB = 0x09;
const ESCAPES: Record<string, string> = {
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '\\': '\\\\',
};
const CHARACTERS = Object.fromEntries(Object.entries(ESCAPES).map(([character, escaped]) => [escaped, character]));

/**
 * Escapes a value for the text format of COPY.
 * @see https://www.postgresql.org/docs/17/sql-copy.html#id-1.9.3.55.9.2
 */
export function escapeCopyText(value: string): string {
  return /[\b\f\n\r\t\v\\]/.test(value)
    ? value.replace(/[\b\f\n\r\t\v\\]/g, (character) => ESCAPES[character] ?? character)
    : value;
}

/** Unescapes a field in the text format of COPY. */
export function unescapeCopyText(field: string): string {
  return field.replace(/\\./g, (escaped) => CHARACTERS[escaped] ?? escaped);
}

/** Returns where the field ends that starts there, which is not the last of its row. */
export function fieldEnd(bytes: Buffer, start: number): number {
  let at = start;
  while (bytes[at] !== TAB) {
    at++;
  }
  return at;
}
