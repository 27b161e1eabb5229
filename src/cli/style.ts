import type { Environment } from '../environment.ts';
import { printableLines } from '../text/printable.ts';

/** Colours for a terminal; without colours, the text is unchanged. */
export interface Style {
  bold(text: string): string;
  dim(text: string): string;
  red(text: string): string;
  green(text: string): string;
  yellow(text: string): string;
  /** Tells a series of values from others, by its number from 0. */
  series(text: string, index?: number): string;
}

/** Of the palette of 256 colours, legible on light and on dark. */
const SERIES = [33, 166, 35, 134, 168, 136, 31, 160];

const plain = (text: string) => text;
const sgr = (on: number | string, off: number) => (text: string) => `\u001b[${on}m${text}\u001b[${off}m`;

/**
 * Returns the style for a stream.
 * @see https://no-color.org
 */
export function styleFor(isTerminal: boolean, environment: Environment, wanted: boolean): Style {
  const colour = isTerminal && wanted && !environment.NO_COLOR && environment.TERM !== 'dumb';
  return colour
    ? {
        ...{ bold: sgr(1, 22), dim: sgr(2, 22), red: sgr(31, 39), green: sgr(32, 39), yellow: sgr(33, 39) },
        series: (text, index = 0) => sgr(`38;5;${SERIES[index % SERIES.length]}`, 39)(text),
      }
    : { bold: plain, dim: plain, red: plain, green: plain, yellow: plain, series: plain };
}

/** What `sgr` above writes. */
const COLOURS = new RegExp(`(\u001b\\[(?:1|2|22|31|32|33|39|38;5;(?:${SERIES.join('|')}))m)`);

/** Returns text for a terminal: all that could act on it is escaped, except line breaks and the colours of a style. */
export function forTerminal(text: string): string {
  return text
    .split(COLOURS)
    .map((piece, at) => (at % 2 === 0 ? printableLines(piece) : piece))
    .join('');
}
