import type { Command } from '../../../cli/command.ts';
import type { Context } from '../../../cli/context.ts';
import { rowArgument } from '../../standard/choices.ts';
import { type DeleteOptions, deleteRow } from '../../standard/delete.ts';
import { declareList } from '../../standard/list.ts';
import { find } from '../../standard/noun.ts';
import { printRow } from '../../standard/show.ts';
import { DASHBOARDS } from '../noun.ts';
import { declareAdd } from './add.ts';
import { findWidget, WIDGETS, widgetArguments } from './noun.ts';
import { declareUpdate } from './update.ts';

export function declareWidgets(parent: Command, ctx: Context): void {
  const widgets = parent
    .command('widgets')
    .description('widgets of a dashboard: add, list, show, update, remove')
    .examples(
      ['webmacs dashboards widgets add Overview --type gauge --title Bed --event "Bed temperature"'],
      ['webmacs dashboards widgets list Overview'],
      ['webmacs dashboards widgets update Overview 86cf8424 --x 4 --y 0'],
    );
  declareAdd(widgets, ctx);
  declareList(widgets, ctx, WIDGETS, {
    declare: (command) => command.addArgument(rowArgument(ctx, DASHBOARDS)),
    examples: [],
    where: async (context, _options: object, [given = '']) => ({
      dashboard: (await find(context, DASHBOARDS, given)).id,
    }),
  });
  widgets
    .command('show')
    .with(widgetArguments(ctx))
    .description('show one widget with all its columns')
    .action(async (dashboard: string, given: string) => {
      const found = await findWidget(ctx, dashboard, given);
      await printRow(ctx, WIDGETS, found.widget, { names: { dashboard: found.dashboard.name } });
    })
    .examples(
      ['webmacs dashboards widgets show Overview Trend'],
      ['webmacs dashboards widgets show Overview 0198c2aa --json'],
    );
  declareUpdate(widgets, ctx);
  widgets
    .command('remove')
    .alias('rm')
    .with(widgetArguments(ctx))
    .description('remove a widget from a dashboard; the others keep their positions')
    .option('--dry-run', 'show what would be removed, and remove nothing')
    .action(async (dashboard: string, given: string, options: DeleteOptions) => {
      const { widget } = await findWidget(ctx, dashboard, given);
      await deleteRow(ctx, WIDGETS, widget.publicId, options);
    })
    .examples(
      ['webmacs dashboards widgets remove Overview Trend', 'asks for confirmation'],
      ['webmacs dashboards widgets remove Overview Trend --yes', 'in a script'],
    );
}
