import { InvalidInputError } from '../errors.ts';
import { type Streams, write } from './streams.ts';
import { forTerminal } from './style.ts';
import { printable } from './text.ts';

/** An answer to choose: what is shown, and its value. */
export interface Choice {
  name: string;
  value: string;
}

/** A value that a command needs: its option, and how to prompt for it. */
export interface Question {
  /** As the user types it, such as `--email`. */
  option: string;
  /** The text of the prompt, such as `E-mail address`. */
  ask: string;
  /** The allowed values, if they are few. */
  choices?: readonly string[];
  /** @throws InvalidInputError for an invalid answer, which is asked for again */
  check?: (answer: string) => unknown;
  /** Loads the allowed values, if they are rows of the database: searched by typing. */
  search?: () => Promise<readonly Choice[]>;
}

/** Prompts on the terminal; each can be answered by an option instead. */
export class Prompts {
  readonly #streams: Streams;
  readonly #signal: AbortSignal;
  readonly #announce: () => Promise<void>;
  readonly canAsk: boolean;

  /** @param announce called before each prompt */
  constructor(streams: Streams, mayAsk: boolean, signal: AbortSignal, announce: () => Promise<void>) {
    this.#streams = streams;
    this.#signal = signal;
    this.#announce = announce;
    this.canAsk = mayAsk && streams.canAsk;
  }

  /**
   * Prompts for the values that are missing, one by one.
   * @throws InvalidInputError naming every missing option, if not interactive
   */
  async missing<K extends string>(
    values: NoInfer<{ readonly [P in K]?: string | undefined }>,
    questions: Record<K, Question>,
  ): Promise<Record<K, string>> {
    const keys = Object.keys(questions) as K[];
    const open = keys.filter((key) => values[key] === undefined);
    if (open.length > 0 && !this.canAsk) {
      throw new InvalidInputError(`Missing: ${open.map((key) => questions[key].option).join(', ')}.`, {
        hint: 'Pass them as options (not running interactively).',
      });
    }
    const answers = { ...values } as Record<K, string>;
    for (const key of open) {
      answers[key] = await this.#ask(questions[key]);
    }
    return answers;
  }

  /**
   * Asks for confirmation, by default no.
   * @param consequence a sentence on what a yes does, shown before the question
   * @throws InvalidInputError naming `--yes`, if not interactive
   */
  async confirm(message: string, consequence: string): Promise<boolean> {
    if (!this.canAsk) {
      throw new InvalidInputError(`${consequence} Confirmation is required.`, {
        hint: 'Pass --yes to confirm (not running interactively).',
      });
    }
    await write(this.#streams.stderr, `${forTerminal(consequence)}\n`);
    const { confirm } = await import('@inquirer/prompts');
    return await confirm({ message: printable(message), default: false }, await this.#context());
  }

  /** Asks for one of several values, searched by typing. */
  async choose(message: string, choices: readonly Choice[]): Promise<string> {
    const { search } = await import('@inquirer/prompts');
    const shown = choices.map(({ name, value }) => ({ name: printable(name), value }));
    const source = (term = '') => shown.filter(({ name }) => name.toLowerCase().includes(term.toLowerCase()));
    return await search({ message, source: async (term) => source(term) }, await this.#context());
  }

  /**
   * Asks for one or more of several values.
   * @throws InvalidInputError naming the option, if not interactive
   */
  async several({ option, ask, choices = [] }: Question): Promise<string[]> {
    if (!this.canAsk) {
      throw new InvalidInputError(`Missing: ${option}.`, {
        hint: `Pass it one or more times, with ${choices.join(', ')}.`,
      });
    }
    const { checkbox } = await import('@inquirer/prompts');
    return await checkbox({ message: ask, choices: [...choices], required: true }, await this.#context());
  }

  /**
   * Asks for a new password, twice, without showing it.
   * @param check returns what is wrong with it, before it is asked for again
   */
  async newPassword(check: (text: string) => true | string): Promise<string> {
    const { password } = await import('@inquirer/prompts');
    const first = await password({ message: 'New password', validate: check }, await this.#context());
    const second = await password({ message: 'Repeat the password' }, await this.#context());
    if (first !== second) {
      throw new InvalidInputError('The passwords do not match.', { hint: 'Nothing was changed; try again.' });
    }
    return first;
  }

  /** Asks for a secret, without showing it. */
  async secret(message: string): Promise<string> {
    const { password } = await import('@inquirer/prompts');
    return await password({ message }, await this.#context());
  }

  async #ask({ ask, choices, search, check }: Question): Promise<string> {
    if (search) {
      return await this.choose(ask, await search());
    }
    const { input, select } = await import('@inquirer/prompts');
    return choices
      ? await select(
          { message: ask, choices: choices.map((value) => ({ name: printable(value), value })) },
          await this.#context(),
        )
      : await input(
          { message: ask, required: true, validate: (answer) => validate(answer, check) },
          await this.#context(),
        );
  }

  async #context() {
    await this.#announce();
    return { input: this.#streams.stdin, output: this.#streams.stderr, signal: this.#signal };
  }
}

/** Returns whether an answer is valid, or what is wrong with it. */
function validate(answer: string, check: Question['check']): true | string {
  try {
    check?.(answer);
    return true;
  } catch (error) {
    if (error instanceof InvalidInputError) {
      return printable(error.message);
    }
    throw error;
  }
}
