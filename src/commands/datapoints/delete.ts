import type { Command } from 'commander';
import type { Context } from '../../cli/context.ts';
import { examples } from '../../cli/examples.ts';
import { counted } from '../../cli/text.ts';
import { InvalidInputError } from '../../errors.ts';
import { countDatapoints, deleteDatapoints } from '../../site/datapoints.ts';
import { type SelectionOptions, selectionOf, selectionOptions } from './noun.ts';

export interface DeleteDatapointsOptions extends SelectionOptions {
  dryRun?: boolean;
}

export function declareDelete(parent: Command, ctx: Context, run = remove): void {
  const command = parent
    .command('delete')
    .alias('rm')
    .description('delete the selected datapoints')
    .option('--dry-run', 'count them, and delete nothing')
    .action(async (options: DeleteDatapointsOptions) => await run(ctx, options));
  examples(
    selectionOptions(command),
    ['webmacs datapoints delete --event Valve --from 2026-01-01 --to 2026-02-01'],
    ['webmacs datapoints delete --experiment "Run 7" --dry-run'],
  );
}

export async function remove(ctx: Context, options: DeleteDatapointsOptions): Promise<void> {
  const selection = await selectionOf(ctx, options);
  if (Object.keys(selection).length === 0) {
    throw new InvalidInputError('Which datapoints? All of them are never meant.', {
      hint: 'Select some with --event, --experiment, --from and --to.',
    });
  }
  const em = await ctx.em();
  if (options.dryRun || !ctx.yes) {
    const count = await countDatapoints(em, selection);
    if (options.dryRun) {
      return await ctx.output.done(`Would delete ${counted(count, 'datapoint')}.`, { would_delete: count });
    }
    const what = counted(count, 'datapoint');
    if (!(await ctx.prompts.confirm(`Delete ${what}?`, `This deletes ${what}.`))) {
      return await ctx.output.done('Nothing was deleted.', { deleted: 0 });
    }
  }
  const deleted = await deleteDatapoints(em, selection);
  await ctx.output.done(`${ctx.output.style.green('✓')} ${counted(deleted, 'datapoint')} deleted.`, { deleted });
}
