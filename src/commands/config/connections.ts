import { ChosenArgument } from '../../cli/argument.ts';
import type { Command } from '../../cli/command.ts';
import type { Context } from '../../cli/context.ts';
import { foundIn } from '../../cli/prompts.ts';
import { SETTINGS } from '../../cli/settings-file.ts';
import { quoted } from '../../cli/text.ts';
import { givenValue, noteOverride } from './value.ts';

export function declareConnections(parent: Command, ctx: Context): void {
  const connections = parent
    .command('connections')
    .usage('[command]')
    .description('databases with a name, for --connection')
    .note(PRECEDENCE)
    .examples(
      ['webmacs config connections', 'all of them'],
      ['webmacs config connections add pilot postgresql://lab@pilot.lab.org/webmacs'],
      ['webmacs users list --connection pilot'],
      ['webmacs config connections use pilot', 'from now on, without an option'],
    );
  const connection = new ChosenArgument('<connection>', 'its name', async (typed) => {
    const choices = ctx.configuration
      .describeConnections()
      .map(({ name, database }) => ({ name: `${name}  ${database}`, value: name, short: name }));
    return foundIn(choices, typed);
  });
  connections
    .command('list', { isDefault: true })
    .alias('ls')
    .description('list the connections, without passwords')
    .runs(ctx, list)
    .examples(['webmacs config connections list'], ['webmacs config connections list --json']);
  connections
    .command('add')
    .argument('<name>', 'letters, digits, dots, dashes and underscores')
    .argument('[url]', 'if omitted, read from standard input, which keeps a password out of the process list')
    .option('--or-update', 'change the one of this name if there is one')
    .description('save a connection in the configuration file, which only its owner can read')
    .runs(ctx, add)
    .examples(
      ['webmacs config connections add pilot postgresql://lab@pilot.lab.org/webmacs', 'the password in ~/.pgpass'],
      ['webmacs config connections add plant < url.txt', 'with a password'],
    );
  connections
    .command('use')
    .addArgument(connection)
    .description('use a connection from now on; "webmacs config unset connection" ends that')
    .runs(ctx, use)
    .examples(['webmacs config connections use pilot']);
  connections
    .command('remove')
    .alias('rm')
    .addArgument(connection)
    .description('remove a connection that is not in use from the configuration file')
    .runs(ctx, remove)
    .examples(['webmacs config connections remove pilot']);
}

const PRECEDENCE = `
A connection is used if --connection names it, else WEBMACS_CONNECTION, else "use". "webmacs help environment" has what prevails over
what. Its name is shown before the first question, and before anything is deleted.`;

async function list(ctx: Context): Promise<void> {
  await ctx.output.list(ctx.configuration.describeConnections(), ['name', 'database', 'in_use']);
}

async function add(
  ctx: Context,
  name: string,
  given: string | undefined,
  { orUpdate = false }: { orUpdate?: boolean },
): Promise<void> {
  const url = await givenValue(ctx, given, SETTINGS.database_url, 'webmacs config connections add NAME');
  await ctx.configuration.addConnection(name, url, orUpdate);
  await report(ctx, name, `saved in ${ctx.configuration.path}. Use it with --connection ${name}`);
}

async function use(ctx: Context, name: string): Promise<void> {
  await ctx.configuration.set('connection', name);
  await report(ctx, name, 'is used from now on');
  await noteOverride(ctx, false);
}

async function remove(ctx: Context, name: string): Promise<void> {
  await ctx.configuration.removeConnection(name);
  await report(ctx, name, `removed from ${ctx.configuration.path}`);
}

async function report(ctx: Context, name: string, what: string): Promise<void> {
  const { path } = ctx.configuration;
  await ctx.output.done(ctx.output.success(`Connection ${quoted(name)} ${what}.`), { status: 'success', name, path });
}
