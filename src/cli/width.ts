/** Characters that take one cell each and never combine with the one before: ASCII and Latin-1. */
const SINGLE = /^[\x20-\x7e\xa0-\xac\xae-\xff]*$/;

let segmenter: Intl.Segmenter | undefined;

/** Returns the number of terminal cells of a text without control characters. */
export type Measure = (text: string) => number;

/**
 * Returns the measure for these texts. The one for all scripts takes as long to load as a list takes to read, so it is loaded
 * only when needed.
 */
export async function measureFor(texts: readonly string[]): Promise<Measure> {
  return texts.every((text) => SINGLE.test(text)) ? ({ length }) => length : (await import('string-width')).default;
}

/** Fits a text to exactly this many cells: padded with blanks, or truncated with an ellipsis. */
export function fitted(text: string, width: number, measure: Measure): string {
  const short = measure(text) > width ? truncated(text, width, measure) : text;
  return short + ' '.repeat(width - measure(short));
}

/** Truncates a text that is wider than this many cells, and marks where. */
export function truncated(text: string, width: number, measure: Measure, mark = '…'): string {
  let cut = '';
  let used = 0;
  for (const grapheme of graphemesOf(text)) {
    const cells = measure(grapheme);
    if (used + cells > width - 1) {
      break;
    }
    cut += grapheme;
    used += cells;
  }
  return width < 1 ? '' : cut + mark;
}

/** Splits a text into the characters that a reader sees. */
function graphemesOf(text: string): Iterable<string> {
  if (SINGLE.test(text)) {
    return text;
  }
  segmenter ??= new Intl.Segmenter('en', { granularity: 'grapheme' });
  return Array.from(segmenter.segment(text), ({ segment }) => segment);
}
