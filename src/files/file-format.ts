import { InvalidInputError } from '../errors.ts';

const UTF_16 = 'Save it as UTF-8, or convert it: iconv -f UTF-16 -t UTF-8 FILE';
const SAVE_AS_CSV = 'Save the sheet as "CSV UTF-8" in the spreadsheet program.';

/** The beginnings of files that are often mistaken for text, byte by byte: what they are, and what to do about it. */
const FORMATS: [start: RegExp, what: string, hint: string][] = [
  [/^(\xff\xfe|\xfe\xff)/, 'UTF-16', UTF_16],
  [/^\x1f\x8b/, 'compressed with gzip', 'Name it FILE.gz if it is data to import, or decompress it: gzip -dc FILE'],
  [
    /^\x28\xb5\x2f\xfd/,
    'compressed with zstd',
    'Name it FILE.zst if it is data to import, or decompress it: zstd -dc FILE',
  ],
  [/^\xfd7zXZ\0/, 'compressed with xz', 'Decompress it first: xz -dc FILE'],
  [/^BZh[1-9]1AY&SY/, 'compressed with bzip2', 'Decompress it first: bzip2 -dc FILE'],
  [/^7z\xbc\xaf\x27\x1c/, 'a 7z archive', 'Unpack it first: 7z x FILE'],
  [/^Rar!\x1a\x07/, 'a RAR archive', 'Unpack it first: unrar x FILE'],
  [/^PK\x03\x04.*(\[Content_Types\]\.xml|_rels\/|xl\/)/s, 'an Excel workbook', SAVE_AS_CSV],
  [/^PK\x03\x04.*mimetypeapplication\/vnd\.oasis/s, 'an OpenDocument file', SAVE_AS_CSV],
  [/^PK\x03\x04/, 'a ZIP archive', 'Pass the path of a FILE.zip if it is data to import, or unpack it: unzip FILE'],
  [/^\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1/, 'an old Excel workbook', SAVE_AS_CSV],
  // The text PAR1 could be the name of a column.
  [/^PAR1[\0-\x08\x0e-\x1f]/, 'a Parquet file', 'Convert it to CSV, for example with pandas or DuckDB.'],
];
const START_BYTES = 128;

/**
 * @param bytes the beginning of a file
 * @param wanted what it should be, such as "CSV in UTF-8"
 * @throws InvalidInputError if it is of another, known format
 */
export function refuseOtherFormats(bytes: Buffer, name: string, wanted: string): void {
  const start = bytes.toString('latin1', 0, START_BYTES);
  const [, what, hint] = FORMATS.find(([pattern]) => pattern.test(start)) ?? [];
  if (what !== undefined) {
    throw new InvalidInputError(`${name} is ${what}, not ${wanted}.`, { hint });
  }
}
