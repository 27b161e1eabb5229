import type { Command } from 'commander';
import type { Context } from '../../../cli/context.ts';
import { examples } from '../../../cli/examples.ts';
import { quoted } from '../../../cli/text.ts';
import { placeInWords } from '../../../site/grid.ts';
import { updateWidget, type WidgetRow } from '../../../site/widgets.ts';
import { EVENTS } from '../../events/noun.ts';
import { find, rowOf } from '../../standard/noun.ts';
import { argumentHelp } from '../../standard/show.ts';
import { changeOf } from '../../standard/update.ts';
import { DASHBOARDS } from '../noun.ts';
import { findWidget, WIDGETS } from './noun.ts';
import { configOf, type WidgetOptions, widgetOptions } from './options.ts';

type Change = Pick<WidgetRow, 'title' | 'x' | 'y' | 'w' | 'h'> & {
  widgetType: string;
  eventPublicId: string | null;
  configJson: string | null;
};

export interface UpdateWidgetOptions extends WidgetOptions {
  /** False for none. */
  event?: string | false;
}

export function declareUpdate(parent: Command, ctx: Context): void {
  const command = parent
    .command('update')
    .argument('<dashboard>', argumentHelp(DASHBOARDS))
    .argument('<widget>', argumentHelp(WIDGETS))
    .description('move a widget, resize it, or change what it shows')
    .option('--event <event>', 'event whose values it shows')
    .option('--no-event', 'shows no event any more')
    .action(
      async (dashboard: string, widget: string, options: UpdateWidgetOptions) =>
        await change(ctx, dashboard, widget, options),
    );
  examples(
    widgetOptions(command),
    ['webmacs dashboards widgets update Overview Trend --y 6 --h 5'],
    ['webmacs dashboards widgets update Overview Bed --event "Wall temperature" --title Wall'],
  );
}

export async function change(
  ctx: Context,
  dashboardGiven: string,
  widgetGiven: string,
  options: UpdateWidgetOptions,
): Promise<void> {
  const { type, title, event, x, y, w, h } = options;
  const { dashboard, widget: before } = await findWidget(ctx, dashboardGiven, widgetGiven);
  const eventPublicId =
    event === false ? null : event === undefined ? undefined : (await find(ctx, EVENTS, event)).publicId;
  const configJson = await configOf(ctx, options);
  const values = changeOf<Change>(
    { widgetType: type, title, eventPublicId, configJson, x, y, w, h },
    '--type, --title, --event, --no-event, --x, --y, --w, --h or --config-file',
  );
  const widget = await updateWidget(await ctx.em(), dashboard, before, values);
  await ctx.output.changed(
    ctx.output.success(`Widget ${quoted(widget.title)} changed: ${placeInWords(widget)}.`),
    await rowOf(ctx, WIDGETS, widget),
  );
}
