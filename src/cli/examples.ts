import type { Command } from 'commander';

/** Where the options that every command has are described. */
const GLOBAL_OPTIONS = 'Options of every command, such as --json, --yes and --database-url: webmacs --help';

/** The words that call a command, such as `webmacs plugins instances list`. */
export function wordsOf(command: Command): string {
  return command.parent ? `${wordsOf(command.parent)} ${command.name()}` : command.name();
}

/** A line to type, and what it does. */
export type Example = readonly [line: string, meaning?: string];

/** Adds examples to the help of a command. */
export function examples(command: Command, ...lines: readonly Example[]): Command {
  const width = Math.max(...lines.filter(([, meaning]) => meaning).map(([line]) => line.length), 0);
  const text = lines.map(([line, meaning]) => `  $ ${meaning ? `${line.padEnd(width)}   ${meaning}` : line}`);
  return command.addHelpText('after', `\nExamples:\n${text.join('\n')}\n\n${GLOBAL_OPTIONS}`);
}
