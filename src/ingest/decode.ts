import { InvalidInputError } from '../errors.ts';

/** The first bytes of files that are not CSV in UTF-8: what they are, and what to do about it. */
const SIGNATURES: [number[], string, string][] = [
  [[0xff, 0xfe], 'UTF-16', 'Save it as "CSV UTF-8", or convert it: iconv -f UTF-16 -t UTF-8 FILE.'],
  [[0xfe, 0xff], 'UTF-16', 'Save it as "CSV UTF-8", or convert it: iconv -f UTF-16 -t UTF-8 FILE.'],
  [[0x1f, 0x8b], 'compressed with gzip', 'Name it FILE.gz, or pipe it through "gzip -dc".'],
  [[0x28, 0xb5, 0x2f, 0xfd], 'compressed with zstd', 'Name it FILE.zst, or pipe it through "zstd -dc".'],
  [[0x50, 0x4b, 0x03, 0x04], 'a ZIP archive or a spreadsheet', 'Save the sheet as CSV, or unpack the archive.'],
];

/**
 * Decodes UTF-8, piece by piece, without a byte order mark.
 * @throws InvalidInputError if the bytes are not UTF-8 text
 */
export async function* decode(bytes: AsyncIterable<Buffer | string>): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let first = true;
  for await (const piece of bytes) {
    const buffer = typeof piece === 'string' ? Buffer.from(piece) : piece;
    if (first && buffer.length > 0) {
      refuseOtherFormats(buffer);
      first = false;
    }
    yield orFail(() => decoder.decode(buffer, { stream: true }));
  }
  yield orFail(() => decoder.decode());
}

function refuseOtherFormats(start: Buffer): void {
  for (const [mark, what, hint] of SIGNATURES) {
    if (mark.every((byte, index) => start[index] === byte)) {
      throw new InvalidInputError(`The file is ${what}, not CSV in UTF-8.`, { hint });
    }
  }
}

function orFail(decode: () => string): string {
  try {
    return decode();
  } catch (cause) {
    throw new InvalidInputError('The file is not UTF-8 text.', {
      hint: 'Save it as "CSV UTF-8", or convert it: iconv -f WINDOWS-1252 -t UTF-8 FILE.',
      cause,
    });
  }
}
