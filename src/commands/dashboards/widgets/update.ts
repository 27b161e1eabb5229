import type { Command } from '../../../cli/command.ts';
import type { Context } from '../../../cli/context.ts';
import { quoted } from '../../../cli/text.ts';
import { describeRect, type GridRect } from '../../../domain/grid.ts';
import { updateWidget, type WidgetContent } from '../../../domain/widgets.ts';
import { EVENTS } from '../../events/noun.ts';
import { findPublicId, rowOf } from '../../standard/noun.ts';
import { changeOf } from '../../standard/update.ts';
import { findWidget, WIDGETS, widgetArguments } from './noun.ts';
import { configOf, type WidgetOptions, widgetOptions } from './options.ts';

interface UpdateWidgetOptions extends WidgetOptions {
  /** False for none. */
  event?: string | false;
}

export function declareUpdate(parent: Command, ctx: Context): void {
  parent
    .command('update')
    .with(widgetArguments(ctx))
    .description('move a widget, resize it, or change what it shows')
    .option('--event <event>', 'event whose values it shows')
    .option('--no-event', 'no longer shows an event')
    .runs(ctx, change)
    .with(widgetOptions)
    .examples(
      ['webmacs dashboards widgets update Overview Trend --y 6 --h 5'],
      ['webmacs dashboards widgets update Overview Bed --event "Wall temperature" --title Wall'],
    );
}

async function change(
  ctx: Context,
  dashboardGiven: string,
  widgetGiven: string,
  options: UpdateWidgetOptions,
): Promise<void> {
  const { type, title, event, x, y, w, h } = options;
  const { dashboard, widget: before } = await findWidget(ctx, dashboardGiven, widgetGiven);
  const eventPublicId = event === false ? null : await findPublicId(ctx, EVENTS, event);
  const configJson = await configOf(ctx, options);
  const values = changeOf<WidgetContent & GridRect>(
    { widgetType: type, title, eventPublicId, configJson, x, y, w, h },
    '--type, --title, --event, --no-event, --x, --y, --w, --h or --config-file',
  );
  const widget = await updateWidget(await ctx.em(), dashboard, before, values);
  await ctx.output.changed(
    ctx.output.success(`Widget ${quoted(widget.title)} changed: ${describeRect(widget)}.`),
    await rowOf(ctx, WIDGETS, widget),
  );
}
