import { Argument, type Command } from 'commander';
import type { Answers, Prompts, Question } from './prompts.ts';
import { capitalised } from './text.ts';

/** An argument that is chosen from a list, if it is missing on a terminal. */
export class ChosenArgument extends Argument {
  readonly search: NonNullable<Question['search']>;

  /** @param search finds the choices; the arguments before it are its answers, by name */
  constructor(flags: string, description: string, search: NonNullable<Question['search']>) {
    super(flags, description);
    this.search = search;
  }
}

/**
 * Asks for the required arguments that are missing.
 * @throws CommanderError for the first one, if not interactive
 */
export async function askForArguments(command: Command, prompts: Prompts): Promise<void> {
  const { registeredArguments: declared, processedArgs: given, args } = command;
  const missing = declared.find((argument, at) => argument.required && given[at] === undefined);
  if (!missing) {
    return;
  }
  if (!prompts.canAsk) {
    command.error(`error: missing required argument '${missing.name()}'`, { code: 'commander.missingArgument' });
  }
  const required = declared.filter((argument) => argument.required);
  const known: Answers = Object.fromEntries(required.map((argument, at) => [argument.name(), given[at]]));
  const answers = await prompts.missing(
    known,
    Object.fromEntries(required.map((argument) => [argument.name(), questionOf(argument)])),
  );
  for (const [at, argument] of required.entries()) {
    given[at] = answers[argument.name()];
    args[at] = answers[argument.name()] ?? '';
  }
}

function questionOf(argument: Argument): Question {
  const [about = ''] = argument.description.split(/[;:]/);
  return {
    option: `<${argument.name()}>`,
    ask: argument instanceof ChosenArgument ? capitalised(argument.name()) : capitalised(about),
    ...(argument instanceof ChosenArgument ? { search: argument.search } : { choices: argument.argChoices }),
  };
}
