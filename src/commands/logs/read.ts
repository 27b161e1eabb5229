import type { Command } from '../../cli/command.ts';
import type { Context } from '../../cli/context.ts';
import { counted } from '../../cli/text.ts';
import { markLogs } from '../../domain/logs.ts';
import { InvalidInputError } from '../../errors.ts';
import { askForRow } from '../standard/choices.ts';
import { argumentHelp, findPublicIds } from '../standard/noun.ts';
import { LOGS, type LogOptions, logOptions, logSelection } from './noun.ts';

interface ReadOptions extends LogOptions {
  all?: boolean;
  unread?: boolean;
}

export function declareRead(parent: Command, ctx: Context): void {
  parent
    .command('read')
    .argument('[entry...]', argumentHelp(LOGS))
    .description('mark entries as read')
    .option('--all', 'all entries, or all that match the options below')
    .option('--unread', 'mark them as unread again')
    .runs(ctx, markEntries)
    .with(logOptions)
    .examples(
      ['webmacs logs read 0198c2aa 0198c2ab'],
      ['webmacs logs read --all --type info --to yesterday'],
      ['webmacs logs read 0198c2aa --unread'],
    );
}

async function markEntries(
  ctx: Context,
  given: string[],
  { all = false, unread = false, ...options }: ReadOptions,
): Promise<void> {
  const narrowed = Object.keys(options).length > 0;
  if (given.length === 0 && !all && !narrowed && ctx.prompts.canAsk) {
    return await markEntries(ctx, [await askForRow(ctx, LOGS, 'ENTRY')], { unread });
  }
  if (given.length > 0 ? all || narrowed : !all) {
    throw new InvalidInputError('Pass either entries or --all.', {
      hint: '--type, --status, --user, --from and --to can be used with --all.',
    });
  }
  const selection = all ? await logSelection(ctx, options) : { publicIds: await findPublicIds(ctx, LOGS, given) };
  const status = unread ? 'unread' : 'read';
  const marked = await markLogs(await ctx.em(), selection, status);
  const message =
    marked === 0
      ? `Nothing to do: already marked as ${status}.`
      : ctx.output.success(`${counted(marked, 'entry', 'entries')} marked as ${status}.`);
  await ctx.output.done(message, { status_type: status, changed: marked });
}
