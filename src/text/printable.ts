/** What could move the cursor, break a line, or turn the direction of writing. */
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;
/** In an excerpt nothing may be invisible, or end the quotation, either. */
const UNCLEAR = /[\u0000-\u001f"\\\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g;
const NAMED: Record<string, string> = { '\n': '\\n', '\r': '\\r', '\t': '\\t', '"': '\\"', '\\': '\\\\' };
const EXCERPT_LENGTH = 60;

/**
 * Text from outside as one printable line: control characters and bidirectional overrides are escaped, so that data can
 * neither move the cursor nor break a line.
 */
export function printable(text: string): string {
  return text.replace(CONTROL, escaped);
}

/** `"Run 7"`: a name in a message. */
export function quoted(name: string): string {
  return `"${printable(name)}"`;
}

/** Text from a file in a message: quoted, cut, and such that it can be told from any other. */
export function excerpt(text: string): string {
  const cut = text.length > EXCERPT_LENGTH ? `${text.slice(0, EXCERPT_LENGTH)}…` : text;
  return `"${cut.replace(UNCLEAR, escaped)}"`;
}

function escaped(character: string): string {
  const code = character.charCodeAt(0).toString(16);
  return NAMED[character] ?? (code.length > 2 ? `\\u${code.padStart(4, '0')}` : `\\x${code.padStart(2, '0')}`);
}
