import { InvalidInputError } from '../errors.ts';
import { type Streams, write } from './streams.ts';

/** One of the answers to choose from: what is shown, and what it stands for. */
export interface Choice {
  name: string;
  value: string;
}

/** A value that a command needs: the option that gives it, and how to ask for it. */
export interface Question {
  /** As the user types it, such as `--email`. */
  option: string;
  /** What to ask, such as `E-mail address`. */
  ask: string;
  /** The allowed values, where they are few. */
  choices?: readonly string[];
  /** @throws InvalidInputError for an answer that will not do; it is asked for again. */
  check?: (answer: string) => unknown;
  /** The allowed values, where they are rows of the database: searched by typing. */
  search?: () => Promise<readonly Choice[]>;
}

/** Questions to the person at the terminal; every one can be answered by an option instead. */
export class Prompts {
  readonly #streams: Streams;
  readonly #signal: AbortSignal;
  readonly canAsk: boolean;

  constructor(streams: Streams, mayAsk: boolean, signal: AbortSignal) {
    this.#streams = streams;
    this.#signal = signal;
    this.canAsk = mayAsk && streams.canAsk;
  }

  /**
   * The answers to the questions whose value is missing, asked one by one.
   * @throws InvalidInputError naming every missing option, where nobody can be asked
   */
  async missing<K extends string>(
    values: Record<K, string | undefined>,
    questions: Record<K, Question>,
  ): Promise<Record<K, string>> {
    const keys = Object.keys(questions) as K[];
    const open = keys.filter((key) => values[key] === undefined);
    if (open.length > 0 && !this.canAsk) {
      throw new InvalidInputError(`Missing: ${open.map((key) => questions[key].option).join(', ')}.`, {
        hint: 'Give them as options; without a terminal nothing is asked.',
      });
    }
    const answers = { ...values } as Record<K, string>;
    for (const key of open) {
      answers[key] = await this.#ask(questions[key]);
    }
    return answers;
  }

  /**
   * Yes or no, no by default.
   * @param consequence a sentence on what a yes brings about, shown before the question
   * @throws InvalidInputError naming `--yes`, where nobody can be asked
   */
  async confirm(message: string, consequence: string): Promise<boolean> {
    if (!this.canAsk) {
      throw new InvalidInputError(`${consequence} It needs a confirmation.`, {
        hint: 'Pass --yes to go ahead without being asked.',
      });
    }
    await write(this.#streams.stderr, `${consequence}\n`);
    const { confirm } = await import('@inquirer/prompts');
    return await confirm({ message, default: false }, this.#context);
  }

  /** One of several, searched by typing. */
  async choose(message: string, choices: readonly Choice[]): Promise<string> {
    const { search } = await import('@inquirer/prompts');
    const source = (term = '') => choices.filter(({ name }) => name.toLowerCase().includes(term.toLowerCase()));
    return await search({ message, source: async (term) => source(term) }, this.#context);
  }

  /**
   * One or more of several values.
   * @throws InvalidInputError naming the option, where nobody can be asked
   */
  async several({ option, ask, choices = [] }: Question): Promise<string[]> {
    if (!this.canAsk) {
      throw new InvalidInputError(`Missing: ${option}.`, {
        hint: `Give it once or more, with ${choices.join(', ')}.`,
      });
    }
    const { checkbox } = await import('@inquirer/prompts');
    return await checkbox({ message: ask, choices: [...choices], required: true }, this.#context);
  }

  /**
   * A new password, typed twice, never shown.
   * @param check says what is wrong with it, before it is asked for again
   */
  async newPassword(check: (text: string) => true | string): Promise<string> {
    const { password } = await import('@inquirer/prompts');
    const first = await password({ message: 'New password', validate: check }, this.#context);
    const second = await password({ message: 'The same again' }, this.#context);
    if (first !== second) {
      throw new InvalidInputError('The two passwords differ.', { hint: 'Nothing was changed; try again.' });
    }
    return first;
  }

  /** Something that is not shown when it is typed. */
  async secret(message: string): Promise<string> {
    const { password } = await import('@inquirer/prompts');
    return await password({ message }, this.#context);
  }

  async #ask({ ask, choices, search, check }: Question): Promise<string> {
    if (search) {
      return await this.choose(ask, await search());
    }
    const { input, select } = await import('@inquirer/prompts');
    return choices
      ? await select({ message: ask, choices: [...choices] }, this.#context)
      : await input({ message: ask, required: true, validate: (answer) => verdict(answer, check) }, this.#context);
  }

  get #context() {
    return { input: this.#streams.stdin, output: this.#streams.stderr, signal: this.#signal };
  }
}

/** Whether an answer will do, or what is wrong with it. */
function verdict(answer: string, check: Question['check']): true | string {
  try {
    check?.(answer);
    return true;
  } catch (error) {
    if (error instanceof InvalidInputError) {
      return error.message;
    }
    throw error;
  }
}
