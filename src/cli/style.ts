import type { Environment } from '../environment.ts';
import { printableLines } from '../text/printable.ts';

/** Colours for a terminal; without colours, the text is unchanged. */
export interface Style {
  bold(text: string): string;
  dim(text: string): string;
  red(text: string): string;
  green(text: string): string;
  yellow(text: string): string;
}

const plain = (text: string) => text;
const sgr = (on: number, off: number) => (text: string) => `\u001b[${on}m${text}\u001b[${off}m`;

/**
 * Returns the style for a stream.
 * @see https://no-color.org
 */
export function styleFor(isTerminal: boolean, environment: Environment, wanted: boolean): Style {
  const colour = isTerminal && wanted && !environment.NO_COLOR && environment.TERM !== 'dumb';
  return colour
    ? { bold: sgr(1, 22), dim: sgr(2, 22), red: sgr(31, 39), green: sgr(32, 39), yellow: sgr(33, 39) }
    : { bold: plain, dim: plain, red: plain, green: plain, yellow: plain };
}

/** What `sgr` above writes. */
const COLOURS = /(\u001b\[(?:1|2|22|31|32|33|39)m)/;

/** Returns text for a terminal: all that could act on it is escaped, except line breaks and the colours of a style. */
export function forTerminal(text: string): string {
  return text
    .split(COLOURS)
    .map((piece, at) => (at % 2 === 0 ? printableLines(piece) : piece))
    .join('');
}
