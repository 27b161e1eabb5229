import { InvalidInputError } from '../../errors.ts';
import { suffixOf } from '../../files/compression.ts';

/** The formats of an exported file, and the suffixes that promise them; the first one is that of the default name. */
const SUFFIXES = {
  csv: ['.csv'],
  tsv: ['.tsv', '.tab'],
  ndjson: ['.ndjson', '.jsonl'],
} satisfies Record<string, [string, ...string[]]>;

export type FileFormat = keyof typeof SUFFIXES;
// The type of Object.keys does not know the keys.
export const FILE_FORMATS = Object.keys(SUFFIXES) as FileFormat[];
export const FILE_SUFFIXES: readonly string[] = Object.values(SUFFIXES).flat();

/**
 * Determines the format of a file by `--format`, else by its suffix, else CSV.
 * @param path `undefined` or `-` have no suffix; an unknown suffix is refused when the file is opened, because it may be a pipe
 * @throws InvalidInputError if they contradict each other
 */
export function fileFormatOf(given: FileFormat | undefined, path: string | undefined): FileFormat {
  const suffix = suffixOf(path ?? '');
  const promised = FILE_FORMATS.find((format) => SUFFIXES[format].some((each) => each === suffix));
  if (given !== undefined && promised !== undefined && given !== promised) {
    throw new InvalidInputError(`--format ${given} and the suffix of --output ${path} contradict each other.`, {
      hint: `Leave out --format to write ${promised}, or use a name that ends in ${SUFFIXES[given].join(' or ')}.`,
    });
  }
  return given ?? promised ?? 'csv';
}

/** Returns the suffix of a file whose name the program chooses. */
export function defaultSuffix(format: FileFormat): string {
  return SUFFIXES[format][0] ?? '';
}
