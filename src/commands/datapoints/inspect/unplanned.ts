import type { Row } from '../../../cli/output.ts';
import { printable } from '../../../cli/text.ts';

/** What is known of a file before it is planned. */
export interface Known {
  encoding: string;
  sample: string;
}

const SHOWN_LINES = 5;
const SHOWN_CHARACTERS = 200;

export function knownRow(file: string, { encoding, sample }: Known): Row {
  const lines = sample
    .slice(0, 64 * 1024)
    .trimEnd()
    .split('\n', SHOWN_LINES)
    .map((line) => [...line.replace(/\r$/, '')].slice(0, SHOWN_CHARACTERS).join(''));
  return { file, encoding, ...Object.fromEntries(lines.map((line, at) => [`line_${at + 1}`, printable(line)])) };
}
