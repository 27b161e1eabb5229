import { Command as BaseCommand, type ErrorOptions, Option } from 'commander';
import type { Context } from './context.ts';
import { type Documented, type Example, HelpPage } from './help.ts';
import { DurationOption, OptionAlias } from './option.ts';

/** A command of the program, with its subcommands. */
export class Command extends BaseCommand implements Documented {
  declare readonly commands: readonly Command[];
  readonly notes: string[] = [];
  readonly shownExamples: Example[] = [];
  /** Of commander. */
  declare protected readonly _defaultCommandName: string | null;
  #load: (() => Promise<void>) | undefined;

  /** The one of its commands that this is without the name of one. */
  get defaultCommand(): Command | undefined {
    return this.commands.find((command) => command.name() === this._defaultCommandName);
  }

  override createCommand(name?: string): Command {
    return new Command(name);
  }

  /** Sets what adds the subcommands, or the action, once they are needed. */
  loads(load: () => Promise<void>): this {
    this.#load = load;
    return this;
  }

  async loaded(): Promise<this> {
    const load = this.#load;
    this.#load = undefined;
    await load?.();
    return this;
  }

  isCalled(word: string): boolean {
    return this.name() === word || this.aliases().includes(word);
  }

  with(add: (command: Command) => unknown): this {
    add(this);
    return this;
  }

  choice(flags: string, description: string, values: readonly string[], otherwise?: string): this {
    const option = new Option(flags, description).choices([...values]);
    return this.addOption(otherwise === undefined ? option : option.default(otherwise));
  }

  /** Adds an option whose value is a duration, in seconds. */
  duration(flags: string, description: string, otherwise?: string): this {
    return this.addOption(new DurationOption(flags, description, otherwise));
  }

  /** Adds another name for an option that the command has. */
  alsoNamed(name: string, long: string): this {
    const target = this.options.find((option) => option.long === long);
    return target ? this.addOption(new OptionAlias(name, target)) : this;
  }

  /** Sets what the command does, with its arguments and its options. */
  runs<A extends unknown[]>(ctx: Context, work: (ctx: Context, ...given: A) => Promise<void>): this {
    return this.action(async (...given) => await work(ctx, ...(given as unknown as A)));
  }

  /** Adds a text to the help, below the options: lines that are not indented are joined to paragraphs. */
  note(text: string): this {
    this.notes.push(text);
    return this;
  }

  examples(...lines: readonly Example[]): this {
    this.shownExamples.push(...lines);
    return this;
  }

  /** Does nothing, unlike the method of commander that this replaces: what is missing may be asked for. */
  missingArgument(): void {}

  /** Reports a usage error; of too many words, also how one name with blanks is passed. */
  override error(message: string, options?: ErrorOptions): never {
    const { length } = this.registeredArguments;
    const names = length === 1 ? `a name with blanks: "${this.args.join(' ')}"` : 'names with blanks, such as "Run 7"';
    const isName = options?.code === 'commander.excessArguments' && length > 0;
    return super.error(isName ? `${message}\nQuote ${names}.` : message, options);
  }

  override createHelp(): HelpPage {
    return Object.assign(new HelpPage(), this.configureHelp());
  }
}

/** Returns the full name of a command, such as `webmacs plugins instances list`. */
export function wordsOf(command: BaseCommand): string {
  return command.parent ? `${wordsOf(command.parent)} ${command.name()}` : command.name();
}
