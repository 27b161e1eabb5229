import { InvalidInputError } from '../../errors.ts';
import { isCompressed, suffixOf } from '../../files/compression.ts';

/** The formats of an exported file, and the suffixes that promise them; the first one is that of the default name. */
const SUFFIXES = {
  csv: ['.csv'],
  tsv: ['.tsv', '.tab'],
  ndjson: ['.ndjson', '.jsonl'],
  parquet: ['.parquet'],
  xlsx: ['.xlsx'],
} satisfies Record<string, [string, ...string[]]>;

export type FileFormat = keyof typeof SUFFIXES;
// The type of Object.keys does not know the keys.
export const FILE_FORMATS = Object.keys(SUFFIXES) as FileFormat[];
/** Those whose files are compressed in themselves, and no text. */
const BINARY: ReadonlySet<FileFormat> = new Set(['parquet', 'xlsx']);
export const FILE_SUFFIXES: readonly string[] = Object.values(SUFFIXES).flat();

/**
 * Determines the format of a file by `--format`, else by its suffix, else CSV.
 * @param path `undefined` or `-` have no suffix; an unknown suffix is refused when the file is opened, because it may be a pipe
 * @throws InvalidInputError if they contradict each other, or the file would be compressed twice
 */
export function fileFormatOf(given: FileFormat | undefined, path: string | undefined): FileFormat {
  const suffix = suffixOf(path ?? '');
  const promised = FILE_FORMATS.find((format) => SUFFIXES[format].some((each) => each === suffix));
  if (given !== undefined && promised !== undefined && given !== promised) {
    throw new InvalidInputError(`--format ${given} and the suffix of --output ${path} contradict each other.`, {
      hint: `Leave out --format to write ${promised}, or use a name that ends in ${SUFFIXES[given].join(' or ')}.`,
    });
  }
  const format = given ?? promised ?? 'csv';
  if (isBinary(format) && isCompressed(path ?? '')) {
    throw new InvalidInputError(`A file of the format ${format} is already compressed: ${path}.`, {
      hint: `Use a name that ends in ${SUFFIXES[format][0]}.`,
    });
  }
  return format;
}

export function isBinary(format: FileFormat): boolean {
  return BINARY.has(format);
}

/** Returns the suffix of a file whose name the program chooses. */
export function defaultSuffix(format: FileFormat): string {
  return SUFFIXES[format][0] ?? '';
}
