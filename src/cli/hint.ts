const OPTION = /(?<![\w-])--[a-z][\w-]*/g;

/**
 * Returns a hint without the sentences and alternatives that name an option which the command does not have: an error may
 * occur in any command. Commands in a hint, such as "webmacs config show --origin", have their own options.
 * @param options those of the command, such as `--yes`
 */
export function applicableHint(hint: string, options: ReadonlySet<string>): string {
  const isKnown = (text: string) => {
    const names: string[] = text.replace(/webmacs [^"]*/g, '').match(OPTION) ?? [];
    return names.every((name) => options.has(name));
  };
  const sentences = hint.split(/(?<=[.?!])(?=\s+[A-Z"])|(?=\n)/);
  return sentences
    .map((sentence) => (isKnown(sentence) ? sentence : joined(sentence.split(/,? or |; /).filter(isKnown))))
    .join('')
    .trim();
}

function joined(alternatives: string[]): string {
  const text = alternatives.join(', or ');
  return text === '' || text.endsWith('.') ? text : `${text}.`;
}
