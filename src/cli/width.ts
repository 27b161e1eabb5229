/** Characters that take one cell each, and join with none before them: ASCII and Latin-1. */
const SINGLE = /^[\x20-\x7e\xa0-\xac\xae-\xff]*$/;

let segmenter: Intl.Segmenter | undefined;

/** How many cells of a terminal a text takes; it has no control characters. */
export type Measure = (text: string) => number;

/**
 * The measure for these texts. What knows all scripts takes as long to load as a list takes to read, and is loaded only
 * where it is needed.
 */
export async function measureFor(texts: readonly string[]): Promise<Measure> {
  return texts.every((text) => SINGLE.test(text)) ? ({ length }) => length : (await import('string-width')).default;
}

/** The text in exactly this many cells: filled up with blanks, or cut, which an ellipsis shows. */
export function fitted(text: string, width: number, measure: Measure): string {
  const whole = measure(text);
  if (whole <= width) {
    return text + ' '.repeat(width - whole);
  }
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
  return width < 1 ? '' : `${cut}…${' '.repeat(width - 1 - used)}`;
}

/** What a reader takes for one character each. */
function graphemesOf(text: string): Iterable<string> {
  if (SINGLE.test(text)) {
    return text;
  }
  segmenter ??= new Intl.Segmenter('en', { granularity: 'grapheme' });
  return Array.from(segmenter.segment(text), ({ segment }) => segment);
}
