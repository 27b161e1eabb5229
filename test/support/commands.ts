import { type Command, wordsOf } from '../../src/cli/command.ts';
import { createProgram } from '../../src/cli/program.ts';
import { Session } from '../../src/cli/session.ts';
import { processStreams } from '../../src/cli/streams.ts';
import { NOUNS } from '../../src/commands/index.ts';
import { TestHost } from './host.ts';

/** Returns every command of the program, each as its words, such as `['users', 'list']`; the program itself has none. */
export async function allCommands(): Promise<string[][]> {
  const session = new Session(processStreams(new TestHost({})), {}, new AbortController().signal);
  const program = createProgram(session, NOUNS);
  for (const noun of program.commands) {
    await noun.loaded();
  }
  const within = (command: Command): Command[] => [command, ...command.commands.flatMap(within)];
  return within(program).map((command) => wordsOf(command).split(' ').slice(1));
}
