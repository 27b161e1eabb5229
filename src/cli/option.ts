import { type Command, InvalidArgumentError, Option } from 'commander';
import { InvalidInputError } from '../errors.ts';
import { parseDuration } from './duration.ts';

/** An option whose value is a duration, in seconds. A number without a unit is in seconds too, which a note says. */
export class DurationOption extends Option {
  #bare: string | undefined;

  /** @param otherwise the default, with a unit */
  constructor(flags: string, description: string, otherwise?: string) {
    super(flags, description);
    const name = this.long ?? flags;
    this.argParser((text) => {
      this.#bare = /^\d{1,9}$/.test(text) ? text : undefined;
      return parseDuration(this.#bare === undefined ? text : `${text}s`, name, '10s, 5m, 1h or 1d');
    });
    if (otherwise !== undefined) {
      this.default(parseDuration(otherwise, name), otherwise);
    }
  }

  /** What to tell the user about the value, if anything. */
  get note(): string | undefined {
    return this.#bare === undefined
      ? undefined
      : `${this.long} ${this.#bare} means ${this.#bare} seconds: write ${this.#bare}s.`;
  }
}

/** An option whose value is some of these words, separated by commas; each once, in their order. */
export class ListOption extends Option {
  readonly words: readonly string[];

  constructor(flags: string, description: string, words: readonly string[]) {
    super(flags, description);
    this.words = words;
    this.argParser((text) => {
      const given = [...new Set(text.split(',').map((word) => word.trim().toLowerCase()))];
      if (given.some((word) => !words.includes(word))) {
        throw new InvalidArgumentError(`It must be some of ${words.join(', ')}, separated by commas.`);
      }
      return given;
    });
  }

  /** What the value can become, of which the last word is yet to be typed. */
  following(typed: string): string[] {
    const before = typed.split(',').slice(0, -1);
    return this.words.filter((word) => !before.includes(word)).map((word) => [...before, word].join(','));
  }
}

/** Returns the long flag of an option: `--time-format` for `timeFormat`. */
export function flagOf(name: string): string {
  return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** @throws InvalidInputError if one of the options is given that have no meaning with another */
export function refuseWith<Options>(
  flag: string,
  options: Options,
  useless: readonly (keyof Options & string)[],
): void {
  const given = useless.find((name) => options[name] !== undefined);
  if (given !== undefined) {
    const option = flagOf(given);
    throw new InvalidInputError(`${option} has no meaning with ${flag}.`, { hint: `Leave out ${option}.` });
  }
}

/** Another name of an option, which the help does not show. */
export class OptionAlias extends Option {
  readonly #target: Option;

  constructor(name: string, target: Option) {
    super(target.flags.replace(/^.*--[a-z-]+/, name));
    this.#target = target;
    if (target.parseArg) {
      this.argParser(target.parseArg);
    }
    this.hideHelp();
  }

  /**
   * Passes the value on to the option, if it was given under this name.
   * @throws InvalidInputError if it was given under both
   */
  resolve(command: Command): void {
    if (command.getOptionValueSource(this.attributeName()) !== 'cli') {
      return;
    }
    const name = this.#target.attributeName();
    if (command.getOptionValueSource(name) === 'cli') {
      throw new InvalidInputError(`${this.long} is another name of ${this.#target.long}.`, {
        hint: `Pass only ${this.#target.long}.`,
      });
    }
    command.setOptionValueWithSource(name, command.getOptionValue(this.attributeName()), 'cli');
  }
}

/** An option that no longer exists, and what to pass instead; the help does not show it. */
export class RenamedOption extends Option {
  constructor(flags: string, message: string, hint: string) {
    super(flags);
    this.argParser(() => {
      throw new InvalidInputError(message, { hint });
    });
    this.hideHelp();
  }
}
