/** What is wrong with a quoted record; `unclosed` may be completed by the next lines. */
export type QuoteProblem = 'unclosed' | 'malformed';

/**
 * Splits a record that contains quotes: a quoted field may contain delimiters, line ends and doubled quotes.
 * @see https://www.rfc-editor.org/rfc/rfc4180#section-2
 */
export function splitQuoted(record: string, delimiter: string): string[] | QuoteProblem {
  if (delimiter === ' ') {
    return splitBlanks(record);
  }
  const fields: string[] = [];
  let at = 0;
  for (;;) {
    if (record[at] === '"') {
      const close = closingQuote(record, at + 1);
      if (close < 0) {
        return 'unclosed';
      }
      fields.push(record.slice(at + 1, close).replaceAll('""', '"'));
      at = close + 1;
      if (at < record.length && record[at] !== delimiter) {
        return 'malformed';
      }
    } else {
      const end = record.indexOf(delimiter, at);
      const field = record.slice(at, end < 0 ? record.length : end);
      if (field.includes('"')) {
        return 'malformed';
      }
      fields.push(field);
      at += field.length;
    }
    if (at >= record.length) {
      return fields;
    }
    at += delimiter.length;
  }
}

function closingQuote(record: string, from: number): number {
  let quote = record.indexOf('"', from);
  while (quote >= 0 && record[quote + 1] === '"') {
    quote = record.indexOf('"', quote + 2);
  }
  return quote;
}

/** Splits at runs of blanks, each of which counts as one delimiter. */
function splitBlanks(record: string): string[] | QuoteProblem {
  const parts = record.match(/"(?:[^"]|"")*"?|[^\s"]+|[^\s]/g) ?? [];
  const fields = record.match(/"(?:[^"]|"")*"(?=\s|$)|[^\s"]+(?=\s|$)/g) ?? [];
  if (parts.some((part) => /^"(?:[^"]|"")*$/.test(part))) {
    return 'unclosed';
  }
  if (parts.length !== fields.length) {
    return 'malformed';
  }
  return fields.map((field) => (field.startsWith('"') ? field.slice(1, -1).replaceAll('""', '"') : field));
}
