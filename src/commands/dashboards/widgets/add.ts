import type { Command } from '../../../cli/command.ts';
import type { Context } from '../../../cli/context.ts';
import { DEFAULT_SIZE, type GridRect } from '../../../domain/grid.ts';
import { addWidget, updateWidget, type WidgetContent } from '../../../domain/widgets.ts';
import { WIDGET_TYPES } from '../../../entities/index.ts';
import { EVENTS, eventOrNone } from '../../events/noun.ts';
import { rowArgument } from '../../standard/choices.ts';
import { confirmCreate } from '../../standard/confirm-create.ts';
import { type CreateOptions, createOptions, printMade } from '../../standard/create.ts';
import { find } from '../../standard/noun.ts';
import { DASHBOARDS } from '../noun.ts';
import { WIDGETS } from './noun.ts';
import { configOf, type WidgetOptions, widgetOptions } from './options.ts';

interface AddOptions extends CreateOptions, WidgetOptions {
  /** False for none. */
  event?: string | false;
}

export function declareAdd(parent: Command, ctx: Context): void {
  parent
    .command('add')
    .addArgument(rowArgument(ctx, DASHBOARDS))
    .description('add a widget, by default 4 columns wide, 3 rows high, and at the first free position')
    .option('--event <event>', 'event whose values it shows')
    .option('--no-event', 'shows no event (default if not running interactively)')
    .with(createOptions)
    .runs(ctx, add)
    .with(widgetOptions)
    .examples(
      ['webmacs dashboards widgets add Overview --type gauge --title Bed --event "Bed temperature"'],
      ['webmacs dashboards widgets add Overview --type line_chart --title Trend --x 0 --y 3 --w 12 --h 4'],
      ['webmacs dashboards widgets add Overview --type stat_card --title Flow --config-file flow.json'],
    );
}

/** Adds a widget and prints it; asks for a missing type, title or, on a terminal, event. */
async function add(ctx: Context, given: string, options: AddOptions): Promise<void> {
  const dashboard = await find(ctx, DASHBOARDS, given);
  const { type, title } = await ctx.prompts.missing(options, {
    type: { option: '--type', ask: 'Type', choices: WIDGET_TYPES },
    title: { option: '--title', ask: 'Title' },
  });
  const { x, y, w = DEFAULT_SIZE.w, h = DEFAULT_SIZE.h } = options;
  const event = await eventOf(ctx, options);
  const source = event === '' ? null : await find(ctx, EVENTS, event);
  const widget = {
    widgetType: type,
    title,
    eventPublicId: source?.publicId ?? null,
    configJson: (await configOf(ctx, options)) ?? null,
    x,
    y,
    w,
    h,
  };
  await confirmCreate(ctx, WIDGETS, { ...widget, eventPublicId: null, event: source?.name, dashboard: dashboard.name });
  const made = await addWidget(await ctx.em(), dashboard, widget, options.ifNotExists === true);
  const isEventGiven = options.event !== undefined;
  const place = { x, y, w: options.w, h: options.h, configJson: widget.configJson ?? undefined };
  await printMade(ctx, WIDGETS, made, options, {
    values: () => ({ widgetType: type, ...place, ...(isEventGiven && { eventPublicId: widget.eventPublicId }) }),
    update: async (em, before, change: Partial<WidgetContent & GridRect>) =>
      await updateWidget(em, dashboard, before, change),
  });
}

/** Returns the given or chosen event; the empty text for none. */
async function eventOf(ctx: Context, { event }: AddOptions): Promise<string> {
  if (event === undefined && ctx.prompts.canAsk) {
    return (await ctx.prompts.missing({ event }, { event: eventOrNone(ctx, 'Event whose values it shows') })).event;
  }
  return event || '';
}
