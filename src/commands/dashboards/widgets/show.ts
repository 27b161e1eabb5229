import type { Command } from '../../../cli/command.ts';
import type { Context } from '../../../cli/context.ts';
import { argumentHelp, rowOf } from '../../standard/noun.ts';
import { DASHBOARDS } from '../noun.ts';
import { findWidget, WIDGETS } from './noun.ts';

export function declareShow(parent: Command, ctx: Context): void {
  parent
    .command('show')
    .argument('<dashboard>', argumentHelp(DASHBOARDS))
    .argument('<widget>', argumentHelp(WIDGETS))
    .description('show one widget with all its columns')
    .action(async (dashboard: string, given: string) => {
      const { widget } = await findWidget(ctx, dashboard, given);
      await ctx.output.one(await rowOf(ctx, WIDGETS, widget));
    })
    .examples(
      ['webmacs dashboards widgets show Overview Trend'],
      ['webmacs dashboards widgets show Overview 0198c2aa --json'],
    );
}
