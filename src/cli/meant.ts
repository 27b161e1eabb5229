import { CommanderError } from 'commander';
import { type Command, wordsOf } from './command.ts';
import { listed } from './text.ts';

const MAX_LISTED = 3;

/**
 * Returns the error for an unknown command with those that were probably meant, if the words are in another order or one is
 * missing: `list users`, `export`.
 */
export async function withMeant(program: Command, error: unknown): Promise<unknown> {
  if (!(error instanceof CommanderError) || error.code !== 'commander.unknownCommand') {
    return error;
  }
  const [first = '', second = ''] = program.args.filter((word) => !word.startsWith('-'));
  const typed = `${program.name()} ${first} ${second}`;
  const all = (await commandsBelow(program)).filter((command) => wordsOf(command) !== typed);
  const called = (name: string, noun?: string) =>
    all.filter((command) => command.isCalled(name) && (noun === undefined || isBelow(command, noun)));
  const [, unknown = ''] = /'(.*)'/.exec(error.message) ?? [];
  const guesses = [called(first, second), called(second, first), called(unknown)];
  const meant = guesses.find((commands) => commands.length > 0);
  return meant
    ? new CommanderError(error.exitCode, error.code, `${error.message.split('\n')[0]}\n${hint(meant)}`)
    : error;
}

async function commandsBelow(command: Command): Promise<Command[]> {
  const found: Command[] = [];
  for (const each of command.commands) {
    await each.loaded();
    found.push(each, ...(await commandsBelow(each)));
  }
  return found;
}

/** Whether a command belongs to a noun, also in the singular. */
function isBelow(command: Command, noun: string): boolean {
  return wordsOf(command)
    .split(' ')
    .slice(1, -1)
    .some((word) => word === noun || word === `${noun}s`);
}

/** Suggests the shortest ones first. */
function hint(commands: readonly Command[]): string {
  const names = commands
    .map((command) => `"${wordsOf(command)}"`)
    .sort((a, b) => a.split(' ').length - b.split(' ').length);
  return `Did you mean ${names.length > MAX_LISTED ? `one of ${listed(names, MAX_LISTED)}` : names.join(' or ')}?`;
}
