import { InvalidInputError } from '../errors.ts';
import { refuseOtherFormats } from '../files/file-format.ts';

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
      refuseOtherFormats(buffer, 'The file', 'CSV in UTF-8');
      first = false;
    }
    yield orFail(() => decoder.decode(buffer, { stream: true }));
  }
  yield orFail(() => decoder.decode());
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
