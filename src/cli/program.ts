import { Command, Option } from 'commander';
import type { Context } from './context.ts';
import { type Example, examples } from './examples.ts';
import { FORMATS } from './output.ts';
import type { GlobalOptions, Session } from './session.ts';
import { VERSION } from './version.ts';

const EXAMPLES = `
Examples:
  $ webmacs demo                                        see it work, on a database of its own
  $ webmacs users create alice --email alice@lab.org --admin --generate-password
  $ webmacs experiments export "Run 7" -o run7.csv.gz
  $ webmacs datapoints import readings.csv --experiment "Run 7" --timezone Europe/Berlin
  $ webmacs tokens prune                                from cron, as often as you like

Where the data is: --database-url, DATABASE_URL, the PG* variables, the configuration file
("webmacs config path"), or, where none is set, a PostgreSQL 17 of the program's own.

Exit codes: 0 done, 1 unexpected failure, 2 invalid input, 3 not found, 4 conflict, 5 database
unreachable or not migrated, 6 a check came out negative, 7 lock time-out, 130 interrupted.
`;

/** Descriptions keep to their column while it is as wide as this. */
const MIN_DESCRIPTION_WIDTH = 20;

/** Adds the verbs, or the action, to the command of a noun. */
export type Declare = (noun: Command, ctx: Context) => void;

/** A first word of the command line. */
export interface Noun {
  name: string;
  description: string;
  /** For a noun with verbs; what is a command itself declares its own. */
  examples?: readonly Example[];
  load(): Promise<Declare>;
}

/** The whole command line. A noun's commands are loaded when the noun is used. */
export function createProgram(session: Session, nouns: readonly Noun[]): Command {
  const program = new Command('webmacs')
    .description('Administer a WebMACS database: its set-up, its data and its schema, with no server in between.')
    .usage('<command> [options]')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void session.streams.stdout.write(text),
      // The help of a noun without a verb is what was asked for.
      writeErr: (text) => void session.streams.stdout.write(text),
      // Errors are printed once, by the entry.
      outputError: () => {},
    })
    .configureHelp({
      sortSubcommands: false,
      helpWidth: Math.min(session.streams.columns(), 110),
      minWidthToWrap: MIN_DESCRIPTION_WIDTH,
    })
    .showSuggestionAfterError(true)
    .option('--database-url <url>', 'PostgreSQL server to use; better in DATABASE_URL, where no other user sees it')
    .option('--as <user>', 'user whom new rows belong to')
    .addOption(new Option('--format <format>', 'how data is printed').choices([...FORMATS]))
    .option('--json', 'short for --format json')
    .option('-q, --quiet', 'print data and errors only')
    .option('--no-color', 'no colours')
    .option('--no-input', 'never ask; fail and name the missing option')
    .option('-y, --yes', 'go ahead without being asked')
    .version(`webmacs ${VERSION}`, '-V, --version', 'print the version')
    .addHelpText('beforeAll', expectCommand)
    .addHelpText('after', EXAMPLES)
    .helpCommand('help [command]', 'describe a command');
  const unloaded = new Map<Command, Noun['load']>();
  for (const { name, description, examples: lines, load } of nouns) {
    const noun = program.command(name).description(description);
    unloaded.set(lines ? examples(noun, ...lines) : noun, load);
  }
  program.hook('preSubcommand', async (_program, noun) => {
    const declare = await unloaded.get(noun)?.();
    declare?.(noun, session);
    unloaded.delete(noun);
  });
  program.hook('preAction', (_program, action) => {
    session.command = [
      wordsOf(action),
      ...optionsOf(action),
      ...(session.streams.stdoutIsTerminal ? ['>tty'] : []),
    ].join(' ');
    session.configure(action.optsWithGlobals<GlobalOptions>());
  });
  return program;
}

/** `users list`: a command without the program's name. */
function wordsOf(command: Command): string {
  const before = command.parent?.parent ? `${wordsOf(command.parent)} ` : '';
  return before + command.name();
}

/** The options that a command was given, its own and those of every command. */
function optionsOf(command: Command): string[] {
  const given = command.options.filter((option) => command.getOptionValueSource(option.attributeName()) === 'cli');
  return [...given.map(({ long }) => long ?? ''), ...(command.parent ? optionsOf(command.parent) : [])];
}

/**
 * Help on a word that is no command would be its parent's, as if nothing were wrong: it fails as the word alone does, with
 * what may have been meant.
 */
function expectCommand({ command }: { command: Command }): string {
  const [word = ''] = command.args[0] === 'help' ? command.args.slice(1) : command.args;
  // A command with arguments takes other words than those of its verbs.
  if (/^[^-]/.test(word) && command.commands.length > 0 && command.registeredArguments.length === 0) {
    const known = new Command().exitOverride().configureOutput({ outputError: () => {} });
    for (const each of command.commands) {
      known.command(each.name()).aliases(each.aliases());
    }
    known.parse([word], { from: 'user' });
  }
  return '';
}
