import type { Command } from '../../../cli/command.ts';
import type { Context } from '../../../cli/context.ts';
import { type DeleteOptions, deleteRow } from '../../standard/delete.ts';
import { argumentHelp } from '../../standard/noun.ts';
import { DASHBOARDS } from '../noun.ts';
import { findWidget, WIDGETS } from './noun.ts';

export function declareRemove(parent: Command, ctx: Context): void {
  parent
    .command('remove')
    .alias('rm')
    .argument('<dashboard>', argumentHelp(DASHBOARDS))
    .argument('<widget>', argumentHelp(WIDGETS))
    .description('remove a widget from a dashboard; the others keep their positions')
    .option('--dry-run', 'show what would be removed, and remove nothing')
    .action(async (dashboard: string, given: string, options: DeleteOptions) => {
      const { widget } = await findWidget(ctx, dashboard, given);
      await deleteRow(ctx, WIDGETS, widget.publicId, options, async () => {});
    })
    .examples(
      ['webmacs dashboards widgets remove Overview Trend', 'asks for confirmation'],
      ['webmacs dashboards widgets remove Overview Trend --yes', 'in a script'],
    );
}
