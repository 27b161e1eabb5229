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
 * A value in the text format of COPY.
 * @see https://www.postgresql.org/docs/17/sql-copy.html#id-1.9.3.55.9.2
 */
export function copyText(value: string): string {
  return /[\b\f\n\r\t\v\\]/.test(value)
    ? value.replace(/[\b\f\n\r\t\v\\]/g, (character) => ESCAPES[character] ?? character)
    : value;
}

/** The value that a field in the text format of COPY stands for. */
export function fromCopyText(field: string): string {
  return field.replace(/\\./g, (escaped) => CHARACTERS[escaped] ?? escaped);
}
