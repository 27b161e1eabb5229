import { InvalidInputError } from '../errors.ts';
import { excerpt } from '../text/printable.ts';

const MARKS: [start: string, encoding: string][] = [
  ['efbbbf', 'utf-8'],
  ['fffe', 'utf-16le'],
  ['feff', 'utf-16be'],
];

/**
 * Returns the encoding that a label means.
 * @param label as in the standard, such as latin1, which is windows-1252
 * @param found that of the file, for the label utf-16, which is either
 * @see https://encoding.spec.whatwg.org/#names-and-labels
 * @throws InvalidInputError if no decoder is known
 */
export function encodingOf(label: string, found?: string): string {
  if (found?.startsWith('utf-16') && /^\s*utf-16\s*$/i.test(label)) {
    return found;
  }
  try {
    return new TextDecoder(label).encoding;
  } catch (cause) {
    throw new InvalidInputError(`Unknown encoding ${excerpt(label)}.`, {
      hint:
        'Use utf-8, utf-16, utf-16be, windows-1250 to windows-1258, latin1, iso-8859-2 to iso-8859-16, macintosh, ibm866, ' +
        'koi8-r, shift_jis, euc-jp, gb18030, big5 or euc-kr; or convert it: iconv -f ENCODING -t UTF-8 FILE > COPY',
      cause,
    });
  }
}

/** An encoding, and how it is known: from the byte order mark, from where the NUL bytes are, or else assumed. */
export interface FoundEncoding {
  encoding: string;
  by: 'mark' | 'pattern' | 'default';
}

/** @param start the first bytes of a file, some thousand if it has as many */
export function findEncoding(start: Buffer): FoundEncoding {
  const hex = start.toString('hex', 0, 3);
  const [, marked] = MARKS.find(([mark]) => hex.startsWith(mark)) ?? [];
  if (marked !== undefined) {
    return { encoding: marked, by: 'mark' };
  }
  const utf16 = utf16Pattern(start);
  return utf16 === undefined ? { encoding: 'utf-8', by: 'default' } : { encoding: utf16, by: 'pattern' };
}

/** Of a table in UTF-16, every second byte of most characters is NUL; a block of NUL bytes is so in all its bytes. */
function utf16Pattern(start: Buffer): string | undefined {
  const nuls: [even: number, odd: number] = [0, 0];
  for (const [at, byte] of start.entries()) {
    nuls[at % 2 === 0 ? 0 : 1] += byte === 0 ? 1 : 0;
  }
  const [even, odd] = nuls;
  if (Math.max(even, odd) * 4 < start.length || Math.min(even, odd) * 8 > Math.max(even, odd)) {
    return undefined;
  }
  return odd > even ? 'utf-16le' : 'utf-16be';
}
