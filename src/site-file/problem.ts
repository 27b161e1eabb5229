import { InvalidInputError } from '../errors.ts';

/** A place in a file; lines and columns count from 1. */
export interface Place {
  file: string;
  line: number;
  column: number;
  /** Such as `events[3].max_value`. */
  path: string;
}

/** Something in a file that cannot be applied. */
export interface Problem {
  place: Place;
  message: string;
  /** What to do, if known. */
  hint?: string | undefined;
}

/** What is wrong with files, all of it. */
export class SiteFileError extends InvalidInputError {
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    const sorted = problems.toSorted(
      ({ place: one }, { place: other }) =>
        one.file.localeCompare(other.file) || one.line - other.line || one.column - other.column,
    );
    super(sorted.map(lineOf).join('\n'));
    this.problems = sorted;
  }
}

function lineOf({ place, message, hint }: Problem): string {
  const { file, line, column, path } = place;
  return `${file}:${line}:${column}: ${path ? `${path}: ` : ''}${message}${hint ? ` ${hint}` : ''}`;
}
