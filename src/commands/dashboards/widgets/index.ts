import type { Command } from '../../../cli/command.ts';
import type { Context } from '../../../cli/context.ts';
import { declareList } from '../../standard/list.ts';
import { argumentHelp, find } from '../../standard/noun.ts';
import { DASHBOARDS } from '../noun.ts';
import { declareAdd } from './add.ts';
import { WIDGETS } from './noun.ts';
import { declareRemove } from './remove.ts';
import { declareShow } from './show.ts';
import { declareUpdate } from './update.ts';

/** Declares the commands on the widgets of a dashboard. */
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
    declare: (command) => command.argument('<dashboard>', argumentHelp(DASHBOARDS)),
    where: async (context, _options: object, [given = '']) => ({
      dashboard: (await find(context, DASHBOARDS, given)).id,
    }),
  });
  declareShow(widgets, ctx);
  declareUpdate(widgets, ctx);
  declareRemove(widgets, ctx);
}
