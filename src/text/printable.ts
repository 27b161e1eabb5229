/** Characters that move the cursor, break a line or change the writing direction. */
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;
/** In an excerpt, also characters that are invisible or end the quotation. */
const AMBIGUOUS = /[\u0000-\u001f"\\\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g;
const NAMED: Record<string, string> = { '\n': '\\n', '\r': '\\r', '\t': '\\t', '"': '\\"', '\\': '\\\\' };
const EXCERPT_LENGTH = 60;

/**
 * Returns text from outside as one printable line, with control characters and bidirectional overrides escaped.
 */
export function printable(text: string): string {
  return text.replace(CONTROL, escapeCharacter);
}

/** Quotes a name for a message: `"Run 7"`. */
export function quoted(name: string): string {
  return `"${printable(name)}"`;
}

/** Quotes text from a file for a message: truncated, with invisible characters escaped. */
export function excerpt(text: string): string {
  const cut = text.length > EXCERPT_LENGTH ? `${text.slice(0, EXCERPT_LENGTH)}…` : text;
  return `"${cut.replace(AMBIGUOUS, escapeCharacter)}"`;
}

function escapeCharacter(character: string): string {
  const code = character.charCodeAt(0).toString(16);
  return NAMED[character] ?? (code.length > 2 ? `\\u${code.padStart(4, '0')}` : `\\x${code.padStart(2, '0')}`);
}
