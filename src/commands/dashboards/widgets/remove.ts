import type { Command } from 'commander';
import type { Context } from '../../../cli/context.ts';
import { examples } from '../../../cli/examples.ts';
import { type DeleteOptions, deleteRow } from '../../standard/delete.ts';
import { argumentHelp } from '../../standard/show.ts';
import { DASHBOARDS } from '../noun.ts';
import { findWidget, WIDGETS } from './noun.ts';

export function declareRemove(parent: Command, ctx: Context): void {
  const command = parent
    .command('remove')
    .alias('rm')
    .argument('<dashboard>', argumentHelp(DASHBOARDS))
    .argument('<widget>', argumentHelp(WIDGETS))
    .description('take a widget off a dashboard; the others keep their places')
    .option('--dry-run', 'say what would be removed, and remove nothing')
    .action(
      async (dashboard: string, widget: string, options: DeleteOptions) =>
        await remove(ctx, dashboard, widget, options),
    );
  examples(
    command,
    ['webmacs dashboards widgets remove Overview Trend', 'asks'],
    ['webmacs dashboards widgets remove Overview Trend --yes', 'in a script'],
  );
}

export async function remove(
  ctx: Context,
  dashboardGiven: string,
  widgetGiven: string,
  options: DeleteOptions,
): Promise<void> {
  const { widget } = await findWidget(ctx, dashboardGiven, widgetGiven);
  await deleteRow(ctx, WIDGETS, widget.publicId, options, async () => {});
}
