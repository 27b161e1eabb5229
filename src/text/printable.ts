/** The scripts in which a joiner between letters chooses their form, as in Persian, Hindi or Malayalam. */
const JOINING = 'Arab Syrc Mong Nkoo Deva Beng Guru Gujr Orya Taml Telu Knda Mlym Sinh Khmr Mymr';

/** Finds all but the characters below U+10000 that are never hidden: the closer look is slow. */
const SUSPECT =
  /[^\x20-\x7e\xa0-\xac\xae-\u02ff\u0370-\u061b\u061d-\u115e\u1161-\u17b3\u17b6-\u180a\u1810-\u200a\u2010-\u2027\u202f-\u205f\u2070-\u27ff\u2801-\u3163\u3165-\ud7ff\ue000-\ufdff\ufe10-\ufefe\uff00-\uff9f\uffa1-\uffef\ufffc-\uffff]/;
let hidden: RegExp | undefined;
const NAMED: Record<string, string> = { '\n': '\\n', '\r': '\\r', '\t': '\\t', '"': '\\"', '\\': '\\\\' };
const EXCERPT_LENGTH = 60;

/** Replaces each character that a reader would not see, or that would act on the terminal. */
export function replaceHidden(text: string, replacement: (character: string) => string): string {
  if (!SUSPECT.test(text)) {
    return text;
  }
  // Compiled only when needed, for that takes longer than printing a list.
  hidden ??= hiddenCharacters();
  return text.replace(hidden, replacement);
}

/** Returns text from outside as one printable line, in which hidden characters are escaped. */
export function printable(text: string): string {
  return replaceHidden(text, escapeCharacter);
}

/** Returns text from outside with its line breaks, in which other hidden characters are escaped. */
export function printableLines(text: string): string {
  return text.split('\n').map(printable).join('\n');
}

/** Quotes a name for a message: `"Run 7"`. */
export function quoted(name: string): string {
  return `"${printable(name)}"`;
}

/** Quotes text from a file for a message: truncated, with what ends the quotation escaped. */
export function excerpt(text: string): string {
  const characters = [...text.slice(0, 2 * EXCERPT_LENGTH)];
  const cut = `${characters.slice(0, EXCERPT_LENGTH).join('')}${characters.length > EXCERPT_LENGTH ? '…' : ''}`;
  return `"${printable(cut.replace(/["\\]/g, escapeCharacter))}"`;
}

/**
 * Matches what moves the cursor, breaks a line, changes the writing direction, or cannot be seen: controls, separators of
 * lines, half characters, and what Unicode calls ignorable, such as zero-width characters, bidirectional controls and tags.
 * An invisible character that shapes the visible one before it is not hidden: in emoji, joined letters and ideographs.
 */
function hiddenCharacters(): RegExp {
  const scripts = JOINING.split(' ').map((script) => `\\p{scx=${script}}`);
  const letter = `[[\\p{L}\\p{M}]&&[${scripts.join('')}]]`;
  const shaping = [
    '\\p{ExtPict}[\\ufe0e\\ufe0f]',
    '[0-9#*]\\ufe0f(?=\\u20e3)',
    '\\p{ExtPict}(?:\\ufe0f|\\p{EMod})?\\u200d(?=\\p{ExtPict})',
    `${letter}[\\u200c\\u200d](?=${letter})`,
    '\\p{Unified_Ideograph}[\\u{e0100}-\\u{e01ef}]',
    '\\p{Script=Mongolian}[\\u180b-\\u180d\\u180f]',
  ];
  // U+2800 is a Braille cell without dots; U+FFF9 to U+FFFB annotate other text.
  const all = '[\\p{Cc}\\p{Zl}\\p{Zp}\\p{Cs}\\p{Default_Ignorable_Code_Point}\\u2800\\ufff9-\\ufffb]';
  return new RegExp(`${all}(?<!${shaping.join('|')})`, 'gv');
}

function escapeCharacter(character: string): string {
  const code = (character.codePointAt(0) ?? 0).toString(16);
  const escaped = code.length > 4 ? `\\u{${code}}` : `\\u${code.padStart(4, '0')}`;
  return NAMED[character] ?? (code.length > 2 ? escaped : `\\x${code.padStart(2, '0')}`);
}
