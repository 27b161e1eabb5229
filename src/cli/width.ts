const PLAIN = /^[\x20-\x7e]*$/;

let segmenter: Intl.Segmenter | undefined;

const INVISIBLE = /^[\p{Mark}\p{Default_Ignorable_Code_Point}]+$/u;

/** What a terminal draws two cells wide: emoji, and the East Asian scripts. */
const WIDE =
  /\p{Emoji_Presentation}|\ufe0f|[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{1b000}-\u{1b2ff}\u{20000}-\u{3fffd}]/u;

/** How many cells of a terminal the text takes; it has no control characters. */
export function displayWidth(text: string): number {
  let width = 0;
  for (const grapheme of graphemesOf(text)) {
    width += cellsOf(grapheme);
  }
  return width;
}

/** The text in exactly this many cells: filled up with blanks, or cut, which an ellipsis shows. */
export function fitted(text: string, width: number): string {
  const whole = displayWidth(text);
  if (whole <= width) {
    return text + ' '.repeat(width - whole);
  }
  let cut = '';
  let used = 0;
  for (const grapheme of graphemesOf(text)) {
    if (used + cellsOf(grapheme) > width - 1) {
      break;
    }
    cut += grapheme;
    used += cellsOf(grapheme);
  }
  return width < 1 ? '' : `${cut}…${' '.repeat(width - 1 - used)}`;
}

/** What a reader takes for one character each. */
function graphemesOf(text: string): Iterable<string> {
  if (PLAIN.test(text)) {
    return text;
  }
  // Made only here: it takes as long to get ready as a list takes to read.
  segmenter ??= new Intl.Segmenter('en', { granularity: 'grapheme' });
  return Array.from(segmenter.segment(text), ({ segment }) => segment);
}

function cellsOf(grapheme: string): number {
  if (INVISIBLE.test(grapheme)) {
    return 0;
  }
  return WIDE.test(grapheme) ? 2 : 1;
}
