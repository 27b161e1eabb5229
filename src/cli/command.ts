import { Command as BaseCommand, Option } from 'commander';
import type { Context } from './context.ts';
import { DurationOption, OptionAlias } from './option.ts';

const GLOBAL_OPTIONS = 'For global options, such as --json, --yes and --database-url, see webmacs --help.';

/** A command line, and what it does. */
export type Example = readonly [line: string, meaning?: string];

/** A command of the program, with its subcommands. */
export class Command extends BaseCommand {
  declare readonly commands: readonly Command[];

  override createCommand(name?: string): Command {
    return new Command(name);
  }

  /** Adds options that several commands have. */
  with(add: (command: Command) => unknown): this {
    add(this);
    return this;
  }

  /** Adds an option whose value is one of these. */
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

  /** Adds examples to the help. */
  examples(...lines: readonly Example[]): this {
    const width = Math.max(...lines.filter(([, meaning]) => meaning).map(([line]) => line.length), 0);
    const text = lines.map(([line, meaning]) => `  $ ${meaning ? `${line.padEnd(width)}   ${meaning}` : line}`);
    return this.addHelpText('after', `\nExamples:\n${text.join('\n')}\n\n${GLOBAL_OPTIONS}`);
  }
}

/** Returns the full name of a command, such as `webmacs plugins instances list`. */
export function wordsOf(command: BaseCommand): string {
  return command.parent ? `${wordsOf(command.parent)} ${command.name()}` : command.name();
}
