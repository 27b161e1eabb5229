import type { Readable, Writable } from 'node:stream';
import { InterruptedError, InvalidInputError } from '../errors.ts';
import { type Streams, write } from './streams.ts';
import { forTerminal } from './style.ts';
import { grouped, printable } from './text.ts';

/** An answer to choose: what is shown, its value, and what is shown once it is chosen. */
export interface Choice {
  name: string;
  value: string;
  short?: string;
}

/** The first choices, and how many more there are. */
export interface Found {
  choices: readonly Choice[];
  more: number;
}

/** What was answered before, by key. */
export type Answers = Readonly<Record<string, string | undefined>>;

/** A value that a command needs: its option, and how to prompt for it. */
export interface Question {
  /** As the user types it, such as `--email`. */
  option: string;
  /** The text of the prompt, such as `E-mail address`. */
  ask: string;
  /** The allowed values, if they are few. */
  choices?: readonly (string | Choice)[] | undefined;
  /** @throws InvalidInputError for an invalid answer, which is asked for again */
  check?: (answer: string) => unknown;
  /** Finds the choices for what was typed, if they are rows of the database. */
  search?: (typed: string, answers: Answers) => Promise<Found>;
  /** Whether the value is needed, after these answers; by default it is. */
  when?: (answers: Answers) => boolean;
}

/** The user has pressed Esc. */
class EscapeError extends InterruptedError {
  constructor() {
    super('Cancelled.');
  }
}

/** Prompts on the terminal; each can be answered by an option instead. */
export class Prompts {
  readonly #streams: Streams;
  readonly #signal: AbortSignal;
  readonly #announce: () => Promise<void>;
  readonly canAsk: boolean;
  hasAsked = false;

  /** @param announce called before each prompt */
  constructor(streams: Streams, mayAsk: boolean, signal: AbortSignal, announce: () => Promise<void>) {
    this.#streams = streams;
    this.#signal = signal;
    this.#announce = announce;
    this.canAsk = mayAsk && streams.canAsk;
  }

  /**
   * Prompts for the values that are missing, one by one; Esc goes back to the question before.
   * @returns the values; the empty text where none is needed
   * @throws InvalidInputError naming every missing option, if not interactive
   */
  async missing<K extends string>(
    values: NoInfer<{ readonly [P in K]?: string | undefined }>,
    questions: Record<K, Question>,
  ): Promise<Record<K, string>> {
    const answers: Record<string, string | undefined> = { ...values };
    const open = Object.entries<Question>(questions);
    const isOpen = ([key, { when }]: [string, Question]) => answers[key] === undefined && (when?.(answers) ?? true);
    const first = open.filter(isOpen);
    if (first.length > 0 && !this.canAsk) {
      throw new InvalidInputError(`Missing: ${first.map(([_key, { option }]) => option).join(', ')}.`, {
        hint: 'Pass them as options (not running interactively).',
      });
    }
    const asked: string[] = [];
    for (let next = open.find(isOpen); next; next = open.find(isOpen)) {
      const [key, question] = next;
      try {
        answers[key] = await this.#ask(question, answers);
        asked.push(key);
      } catch (error) {
        const before = asked.pop();
        if (!(error instanceof EscapeError) || before === undefined) {
          throw error;
        }
        answers[before] = undefined;
      }
    }
    const all = open.map(([key]) => [key, answers[key] ?? '']);
    return Object.fromEntries(all) as Record<K, string>;
  }

  /**
   * Asks for confirmation.
   * @param consequence a sentence on what a yes does, shown before the question
   * @throws InvalidInputError naming `--yes`, if not interactive
   */
  async confirm(message: string, consequence: string, byDefault = false): Promise<boolean> {
    if (!this.canAsk) {
      throw new InvalidInputError(`${consequence} Confirmation is required.`, {
        hint: 'Pass --yes to confirm (not running interactively).',
      });
    }
    await write(this.#streams.stderr, `${forTerminal(consequence)}\n`);
    const { confirm } = await import('@inquirer/prompts');
    return await this.#prompt((context) => confirm({ message: printable(message), default: byDefault }, context));
  }

  /** Asks for one of several values, searched by typing. */
  async choose(message: string, choices: readonly Choice[]): Promise<string> {
    return await this.#search(message, async (typed) => foundIn(choices, typed));
  }

  /**
   * Asks for one or more of several values.
   * @throws InvalidInputError naming the option, if not interactive
   */
  async several({
    option,
    ask,
    choices,
  }: {
    option: string;
    ask: string;
    choices: readonly string[];
  }): Promise<string[]> {
    if (!this.canAsk) {
      throw new InvalidInputError(`Missing: ${option}.`, {
        hint: `Pass it one or more times, with ${choices.join(', ')}.`,
      });
    }
    const { checkbox } = await import('@inquirer/prompts');
    return await this.#prompt((context) => checkbox({ message: ask, choices: [...choices], required: true }, context));
  }

  /**
   * Asks for a new password, twice, without showing it, until both are the same.
   * @param check returns what is wrong with it, before it is asked for again
   */
  async newPassword(check: (text: string) => true | string): Promise<string> {
    for (;;) {
      const first = await this.secret('New password', check);
      const second = await this.secret('Repeat the password').catch((error: unknown) => {
        if (error instanceof EscapeError) {
          return undefined;
        }
        throw error;
      });
      if (first === second) {
        return first;
      }
      if (second !== undefined) {
        await write(this.#streams.stderr, 'The passwords do not match. Type it again, twice.\n');
      }
    }
  }

  async secret(message: string, validate: (text: string) => true | string = () => true): Promise<string> {
    const { password } = await import('@inquirer/prompts');
    return await this.#prompt((context) => password({ message, validate }, context));
  }

  async #ask({ ask, choices, search, check }: Question, answers: Answers): Promise<string> {
    if (search) {
      return await this.#search(ask, async (typed) => await search(typed, answers));
    }
    const { input, select } = await import('@inquirer/prompts');
    return await this.#prompt((context) =>
      choices
        ? select({ message: ask, choices: choices.map(choiceOf) }, context)
        : input({ message: ask, required: true, validate: (answer) => validate(answer, check) }, context),
    );
  }

  async #search(message: string, find: (typed: string) => Promise<Found>): Promise<string> {
    const all = await find('');
    if (all.choices.length === 0) {
      throw new InvalidInputError(`${message}: there is nothing to choose from.`);
    }
    const { search } = await import('@inquirer/prompts');
    const source = async (typed = '') => {
      // Without a query, if all are known: Enter has no effect while one runs.
      const { choices, more } = all.more === 0 ? foundIn(all.choices, typed) : await find(typed);
      const rest = { name: `… ${grouped(more)} more`, value: '', disabled: '(type to search)' };
      return [...choices.map(choiceOf), ...(more > 0 ? [rest] : [])];
    };
    return await this.#prompt((context) => search({ message, source }, context));
  }

  /** @throws EscapeError if Esc is pressed */
  async #prompt<T>(ask: (context: PromptContext) => Promise<T>): Promise<T> {
    await this.#announce();
    const { stdin, stderr } = this.#streams;
    const pressed = new AbortController();
    const onKey = (_text: unknown, key?: { name?: string }) => {
      if (key?.name === 'escape') {
        pressed.abort();
      }
    };
    stdin.on('keypress', onKey);
    try {
      const signal = AbortSignal.any([this.#signal, pressed.signal]);
      const answer = await ask({ input: stdin, output: stderr, signal });
      this.hasAsked = true;
      return answer;
    } catch (error) {
      throw pressed.signal.aborted ? new EscapeError() : error;
    } finally {
      stdin.off('keypress', onKey);
    }
  }
}

interface PromptContext {
  input: Readable;
  output: Writable;
  signal: AbortSignal;
}

/** Returns the choices that contain what was typed, first those that start with it; an id only as far as it starts so. */
export function foundIn(choices: readonly Choice[], typed: string): Found {
  const wanted = typed.toLowerCase();
  const starts = ({ name, value }: Choice) => [name, value].some((text) => text.toLowerCase().startsWith(wanted));
  const contains = (choice: Choice) => !starts(choice) && choice.name.toLowerCase().includes(wanted);
  return { choices: [...choices.filter(starts), ...choices.filter(contains)], more: 0 };
}

function choiceOf(choice: string | Choice): Choice {
  const { name, value, short = name } = typeof choice === 'string' ? { name: choice, value: choice } : choice;
  return { name: printable(name), value, short: printable(short) };
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
