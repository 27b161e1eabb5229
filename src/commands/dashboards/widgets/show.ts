import type { Command } from 'commander';
import type { Context } from '../../../cli/context.ts';
import { examples } from '../../../cli/examples.ts';
import { rowOf } from '../../standard/noun.ts';
import { argumentHelp } from '../../standard/show.ts';
import { DASHBOARDS } from '../noun.ts';
import { findWidget, WIDGETS } from './noun.ts';

export function declareShow(parent: Command, ctx: Context): void {
  const command = parent
    .command('show')
    .argument('<dashboard>', argumentHelp(DASHBOARDS))
    .argument('<widget>', argumentHelp(WIDGETS))
    .description('show one widget with all its columns')
    .action(async (dashboard: string, given: string) => {
      const { widget } = await findWidget(ctx, dashboard, given);
      await ctx.output.one(await rowOf(ctx, WIDGETS, widget));
    });
  examples(
    command,
    ['webmacs dashboards widgets show Overview Trend'],
    ['webmacs dashboards widgets show Overview 0198c2aa --json'],
  );
}
