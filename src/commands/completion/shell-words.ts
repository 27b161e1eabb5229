/** The last word of a command line as it is typed, and the words before it. */
export interface TypedWords {
  before: string[];
  /** The word that is being typed, without its quotes. */
  current: string;
  /** The quote that is open at the end. */
  quote: '' | '"' | "'";
}

/** Splits a command line as bash does, as far as that matters for completion: nothing is expanded. */
export function typedWords(line: string): TypedWords {
  const before: string[] = [];
  let current = '';
  let started = false;
  let quote: TypedWords['quote'] = '';
  for (let at = 0; at < line.length; at++) {
    const character = line[at] ?? '';
    const next = line[at + 1] ?? '';
    if (quote === '' && /\s/.test(character)) {
      if (started) {
        before.push(current);
      }
      [current, started] = ['', false];
      continue;
    }
    started = true;
    if (character === quote) {
      quote = '';
    } else if (quote === '' && (character === '"' || character === "'")) {
      quote = character;
    } else if (character === '\\' && (quote === '' || (quote === '"' && /["$`\\]/.test(next)))) {
      current += next;
      at++;
    } else {
      current += character;
    }
  }
  return { before, current, quote };
}

/**
 * Returns a value as bash can replace what is typed by, in the quote that is open there.
 * @param typed what bash replaces: the end of the word, from the last `:`, `=` or quote
 */
export function bashReply(value: string, quote: TypedWords['quote']): string {
  if (quote === '') {
    return value.replaceAll(/[^\p{L}\p{N}_./:=@%+,-]/gu, '\\$&');
  }
  // In double quotes `!` cannot be escaped. One at the start would have readline take the quote after it for the open one.
  const text =
    quote === "'"
      ? value.replaceAll("'", `'\\''`)
      : value
          .replaceAll(/["$`\\]/g, '\\$&')
          .replaceAll('!', `"'!'"`)
          .replace(/^"/, '""');
  // Readline adds the closing quote, unless one is there already.
  return text.endsWith(quote) ? text + quote : text;
}
