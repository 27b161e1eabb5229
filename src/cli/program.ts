import { type Command as BaseCommand, Option } from 'commander';
import { VERSION } from '../version.ts';
import { Command, type Example, wordsOf } from './command.ts';
import type { Context } from './context.ts';
import { DurationOption, OptionAlias } from './option.ts';
import { FORMATS } from './output.ts';
import type { GlobalOptions, Session } from './session.ts';

const EXAMPLES = `
Examples:
  $ webmacs demo                                        try it out, on a separate embedded database
  $ webmacs users create alice --email alice@lab.org --admin --generate-password
  $ webmacs experiments export "Run 7" -o run7.csv.gz
  $ webmacs datapoints import readings.csv --experiment "Run 7" --timezone Europe/Berlin
  $ webmacs tokens prune                                safe to run from cron at any time

Database: the first of --database-url, DATABASE_URL, the PG* variables and the configuration file
("webmacs config path") that is set, else an embedded PostgreSQL 17 server.

Times without an offset: in the time zone of --timezone, else WEBMACS_TIMEZONE, else "config set timezone", else TZ,
else the system. Imports use only the first three, and otherwise reject such times.

Exit codes: 0 success, 1 unexpected failure, 2 invalid input, 3 not found, 4 conflict, 5 database
unreachable or not migrated, 6 check failed, 7 lock timeout, 130 interrupted.
`;

/** Descriptions stay in their column while it is at least this wide. */
const MIN_DESCRIPTION_WIDTH = 20;

/** A top-level command. */
export interface Noun {
  name: string;
  description: string;
  /** For a noun with verbs; a noun that is itself a command declares its own. */
  examples?: readonly Example[];
  /** Returns what adds the subcommands, or the action, to its command. */
  load(): Promise<(noun: Command, ctx: Context) => void>;
}

/** Declares the whole command line. The commands of a noun are loaded when the noun is used. */
export function createProgram(session: Session, nouns: readonly Noun[]): Command {
  // The value is checked once the command is known, which may have a format of its own.
  const format = new Option('--format <format>', 'output format').choices([...FORMATS]).argParser((text) => text);
  const program = new Command('webmacs')
    .description('Administer a WebMACS database: its setup, data and schema, directly in PostgreSQL.')
    .usage('<command> [options]')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void session.streams.stdout.write(text),
      // A noun without a verb asks for its help.
      writeErr: (text) => void session.streams.stdout.write(text),
      // Errors are printed once, by run().
      outputError: () => {},
    })
    .configureHelp({
      sortSubcommands: false,
      helpWidth: Math.min(session.streams.columns(), 110),
      minWidthToWrap: MIN_DESCRIPTION_WIDTH,
    })
    .showSuggestionAfterError(true)
    .option('--database-url <url>', 'PostgreSQL database to use; prefer DATABASE_URL, which other users cannot see')
    .option('--as <user>', 'owner of new rows')
    .addOption(format)
    .option('--json', 'short for --format json')
    .option('-q, --quiet', 'print data and errors only')
    .option('--no-color', 'disable colours')
    .option('--no-input', 'never prompt; fail and name the missing option')
    .option('-y, --yes', 'skip confirmation prompts')
    .version(`webmacs ${VERSION}`, '-V, --version', 'print the version')
    .addHelpText('beforeAll', expectCommand)
    .addHelpText('after', EXAMPLES)
    .helpCommand('help [command]', 'show help for a command');
  const unloaded = new Map<BaseCommand, () => Promise<void>>();
  for (const { name, description, examples: lines, load } of nouns) {
    const noun = program.command(name).description(description);
    if (lines) {
      noun.examples(...lines);
    }
    unloaded.set(noun, async () => (await load())(noun, session));
  }
  program.hook('preSubcommand', async (_program, noun) => {
    await unloaded.get(noun)?.();
    unloaded.delete(noun);
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
 */
function expectCommand({ command }: { command: BaseCommand }): string {
  const [word = ''] = command.args[0] === 'help' ? command.args.slice(1) : command.args;
  // A command with arguments accepts other words than its verbs.
  if (/^[^-]/.test(word) && command.commands.length > 0 && command.registeredArguments.length === 0) {
    const known = new Command().exitOverride().configureOutput({ outputError: () => {} });
    for (const each of command.commands) {
      known.command(each.name()).aliases(each.aliases());
    }
    known.parse([word], { from: 'user' });
  }
  return '';
}
