import { type Command as BaseCommand, Option } from 'commander';
import { VERSION } from '../version.ts';
import { askForArguments } from './argument.ts';
import { Command, wordsOf } from './command.ts';
import type { Context } from './context.ts';
import { FORMATS } from './formats.ts';
import type { Example } from './help.ts';
import { DurationOption, OptionAlias } from './option.ts';
import type { GlobalOptions, Session } from './session.ts';
import { styleFor } from './style.ts';

const EXAMPLES: readonly Example[] = [
  ['webmacs demo', 'try it out, on a separate embedded database'],
  ['webmacs users create alice --email alice@lab.org --admin --generate-password'],
  ['webmacs experiments export "Run 7" -o run7.csv.gz'],
  ['webmacs datapoints import readings.csv --experiment "Run 7" --timezone Europe/Berlin'],
  ['webmacs tokens prune', 'safe to run from cron at any time'],
];

const MAX_WIDTH = 110;

export interface Noun {
  name: string;
  description: string;
  group: string;
  /** Pages of the help that are commands of this noun, and what each is about. */
  topics?: Readonly<Record<string, string>>;
  /** For a noun with verbs; a noun that is itself a command declares its own. */
  examples?: readonly Example[];
  /** Returns what adds the subcommands, or the action, to its command. */
  load(): Promise<(noun: Command, ctx: Context) => void>;
}

/** Declares the whole command line. The commands of a noun are loaded when the noun is used. */
export function createProgram(session: Session, nouns: readonly Noun[]): Command {
  // The value is checked once the command is known, which may have a format of its own.
  const format = new Option('--format <format>', 'output format').choices([...FORMATS]).argParser((text) => text);
  const style = () => styleFor(session.streams.stdoutIsTerminal, session.environment, program.opts().color !== false);
  const topics = nouns.flatMap(({ topics: some = {} }) => Object.keys(some));
  const program: Command = new Command('webmacs')
    .description('Administer a WebMACS database: its setup, data and schema, directly in PostgreSQL.')
    .usage('<command> [options]')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void session.streams.stdout.write(text),
      // A noun without a verb asks for its help.
      writeErr: (text) => void session.streams.stdout.write(text),
      // Errors are printed once, by run().
      outputError: () => {},
      // The style knows.
      getOutHasColors: () => true,
      getErrHasColors: () => true,
    })
    .configureHelp({
      helpWidth: Math.min(session.streams.columns(), MAX_WIDTH),
      styleTitle: (title) => style().bold(title),
      // A property of ours, which the type of commander does not know.
      ...{ styleMeaning: (text: string) => style().dim(text) },
    })
    .helpOption('-h, --help', 'show the help of a command')
    .showSuggestionAfterError(true)
    .option('--database-url <url>', 'PostgreSQL database to use; prefer DATABASE_URL, which other users cannot see')
    .option('--connection <name>', 'database to use, by its name: see "webmacs config connections"')
    .option('--as <user>', 'owner of new rows')
    .addOption(format)
    .option('--json', 'short for --format json')
    .option('-q, --quiet', 'print data and errors only')
    .choice('--progress <how>', 'plain: a line now and then, for logs; default: auto', ['auto', 'plain', 'none'])
    .option('--no-color', 'disable colours')
    .option('--no-input', 'never prompt; fail and name the missing option')
    .option('-y, --yes', 'skip confirmation prompts')
    .version(`webmacs ${VERSION}`, '-V, --version', 'print the version')
    .addHelpText('beforeAll', ({ command }) => expectCommand(command, command === program ? topics : []))
    .examples(...EXAMPLES);
  for (const { name, description, group, topics = {}, examples: lines = [], load } of nouns) {
    const noun = program.command(name).description(description).helpGroup(group);
    noun.examples(...lines).loads(async () => (await load())(noun, session));
    const rows = Object.entries(topics).map(([topic, about]) => `  ${topic.padEnd(14)}${about}\n`);
    if (rows.length > 0) {
      program.note(`Topics, with "webmacs ${name} TOPIC":\n${rows.join('')}`);
    }
  }
  program.hook('preSubcommand', async (_program, noun) => {
    await (noun instanceof Command && noun.loaded());
  });
  program.hook('preAction', async (_program, action) => {
    checkFormat(program, action, format);
    session.command = [
      wordsOf(action).replace('webmacs ', ''),
      ...optionsOf(action),
      ...(session.streams.stdoutIsTerminal ? ['>tty'] : []),
    ].join(' ');
    session.knownOptions = new Set(knownOptions(action));
    session.configure(action.optsWithGlobals<GlobalOptions>());
    for (const option of action.options) {
      if (option instanceof OptionAlias) {
        option.resolve(action);
      } else if (option instanceof DurationOption && option.note !== undefined) {
        await session.output.note(option.note);
      }
    }
    await askForArguments(action, session.prompts);
  });
  return program;
}

/** Checks `--format`; commander takes one that the command has of its own, such as that of a file, for the global one. */
function checkFormat(program: Command, action: BaseCommand, global: Option): void {
  const own = action.options.find(({ long }) => long === global.long);
  const { format } = program.opts<{ format?: string }>();
  if (format === undefined) {
    return;
  }
  const choices = (own ?? global).argChoices ?? [];
  if (!choices.includes(format)) {
    const report = own && FORMATS.some((name) => name === format) ? '\nFor a report in JSON, pass --json.' : '';
    const problem = `option '${global.flags}' argument '${format}' is invalid`;
    program.error(`error: ${problem}. Allowed choices are ${choices.join(', ')}.${report}`, {
      code: 'commander.invalidArgument',
    });
  }
  if (own) {
    action.setOptionValueWithSource('format', format, 'cli');
    program.setOptionValueWithSource('format', undefined, 'default');
  }
}

/** Returns the names of the options that a command has, including global ones. */
function knownOptions(command: BaseCommand): string[] {
  const own = command.options.map(({ long }) => long ?? '');
  return ['--help', ...own, ...(command.parent ? knownOptions(command.parent) : [])];
}

/** Returns the names of the options that were given, including global ones. */
function optionsOf(command: BaseCommand): string[] {
  const given = command.options.filter((option) => command.getOptionValueSource(option.attributeName()) === 'cli');
  return [...given.map(({ long }) => long ?? ''), ...(command.parent ? optionsOf(command.parent) : [])];
}

/**
 * Fails for help on an unknown command, with a suggestion: commander would show the help of its parent, as if nothing were
 * wrong.
 * @param others what is suggested too
 */
function expectCommand(command: BaseCommand, others: readonly string[]): string {
  const [word = ''] = command.args[0] === 'help' ? command.args.slice(1) : command.args;
  // A command with arguments accepts other words than its verbs.
  if (/^[^-]/.test(word) && command.commands.length > 0 && command.registeredArguments.length === 0) {
    const known = new Command().exitOverride().configureOutput({ outputError: () => {} });
    for (const each of command.commands) {
      known.command(each.name()).aliases(each.aliases());
    }
    for (const other of others) {
      known.command(other);
    }
    known.parse([word], { from: 'user' });
  }
  return '';
}
