import type { Command } from 'commander';

const GLOBAL_OPTIONS = 'For global options, such as --json, --yes and --database-url, see webmacs --help.';

/** Returns the full name of a command, such as `webmacs plugins instances list`. */
export function wordsOf(command: Command): string {
  return command.parent ? `${wordsOf(command.parent)} ${command.name()}` : command.name();
}

/** A command line, and what it does. */
export type Example = readonly [line: string, meaning?: string];

/** Adds examples to the help of a command. */
export function examples(command: Command, ...lines: readonly Example[]): Command {
  const width = Math.max(...lines.filter(([, meaning]) => meaning).map(([line]) => line.length), 0);
  const text = lines.map(([line, meaning]) => `  $ ${meaning ? `${line.padEnd(width)}   ${meaning}` : line}`);
  return command.addHelpText('after', `\nExamples:\n${text.join('\n')}\n\n${GLOBAL_OPTIONS}`);
}
