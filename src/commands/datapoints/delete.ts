import type { Command } from '../../cli/command.ts';
import type { Context } from '../../cli/context.ts';
import type { Row } from '../../cli/output.ts';
import { counted } from '../../cli/text.ts';
import { countDatapoints, deleteDatapoints } from '../../domain/datapoints.ts';
import { InvalidInputError } from '../../errors.ts';
import { defined } from '../../text/defined.ts';
import { askForRow } from '../standard/choices.ts';
import { argumentHelp, findPublicIds } from '../standard/noun.ts';
import { shownRange } from '../standard/time-range.ts';
import { DATAPOINTS, type SelectionOptions, selectionOf, selectionOptions } from './noun.ts';

export function declareDelete(parent: Command, ctx: Context): void {
  parent
    .command('delete')
    .alias('rm')
    .argument('[datapoint...]', argumentHelp(DATAPOINTS))
    .description('delete the given datapoints, or those that match the options')
    .option('--dry-run', 'show how many would be deleted, and delete nothing')
    .runs(ctx, remove)
    .with(selectionOptions)
    .examples(
      ['webmacs datapoints delete --event Valve --from 2026-01-01 --to 2026-02-01'],
      ['webmacs datapoints delete --experiment "Run 7" --dry-run'],
      ['webmacs datapoints delete 01a20a65-52cb-7815'],
    );
}

async function remove(ctx: Context, given: string[], options: SelectionOptions & { dryRun?: boolean }): Promise<void> {
  const selected = await selectionOf(ctx, options);
  const narrowed = Object.keys(selected).length > 0;
  if (given.length === 0 && !narrowed && ctx.prompts.canAsk) {
    return await remove(ctx, [await askForRow(ctx, DATAPOINTS, 'DATAPOINT')], options);
  }
  if (narrowed === given.length > 0) {
    throw new InvalidInputError(
      narrowed ? 'Pass either datapoints or options, not both.' : 'Pass datapoints or options: it never deletes all.',
      { hint: 'Use --event, --experiment, --from and --to to select datapoints.' },
    );
  }
  const selection = narrowed ? selected : { publicIds: await findPublicIds(ctx, DATAPOINTS, given) };
  const { from, to } = selected;
  const range = await shownRange(ctx, selected);
  const facts = (count: Row) => ({ ...count, ...defined({ from, to }) });
  const em = await ctx.em();
  if (options.dryRun || !ctx.yes) {
    const count = await ctx.progress('Counting datapoints', async () => countDatapoints(em, selection));
    if (options.dryRun) {
      return await ctx.output.done(
        `Would delete ${counted(count, 'datapoint')}${range}.`,
        facts({ would_delete: count }),
      );
    }
    const what = counted(count, 'datapoint');
    if (!(await ctx.confirm(`Delete ${what}${range}?`, `This deletes ${what}${range}.`))) {
      return await ctx.output.done('Nothing was deleted.', facts({ deleted: 0 }));
    }
  }
  await ctx.announce();
  const deleted = await ctx.progress('Deleting datapoints', async () => deleteDatapoints(em, selection));
  await ctx.output.done(ctx.output.success(`${counted(deleted, 'datapoint')}${range} deleted.`), facts({ deleted }));
}
