import { InvalidInputError } from '../../errors.ts';

/** One of the answers that a file leaves. */
export interface Choice {
  /** The value of the option. */
  value: string;
  /** What it means, with a sample from the file. */
  label: string;
}

/** A file can be read in several ways, and an option decides. */
export class AmbiguousFileError extends InvalidInputError {
  /** The option of `ReadingOptions`. */
  readonly option: 'timeFormat' | 'headerLine' | 'timeColumns';
  readonly choices: readonly Choice[];
  /** What leaves more than one answer. */
  readonly question: string;

  /** @param flag the option as it is typed */
  constructor(
    message: string,
    option: AmbiguousFileError['option'],
    flag: string,
    choices: readonly Choice[],
    remark = '',
  ) {
    const list = choices.map(({ value, label }) => `  ${flag} '${value}'   ${label}`);
    super(`${message}:\n${list.join('\n')}`, { hint: `Choose with ${flag}.${remark}` });
    this.question = message;
    this.option = option;
    this.choices = choices;
  }
}
