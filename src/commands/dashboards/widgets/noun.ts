import type { Command } from '../../../cli/command.ts';
import type { Context } from '../../../cli/context.ts';
import type { Answers } from '../../../cli/prompts.ts';
import type { DashboardRow } from '../../../domain/dashboards.ts';
import { eventsOf } from '../../../domain/events.ts';
import type { WidgetRow } from '../../../domain/widgets.ts';
import { DashboardWidget } from '../../../entities/index.ts';
import { rowArgument } from '../../standard/choices.ts';
import { find, type Noun } from '../../standard/noun.ts';
import { DASHBOARDS } from '../noun.ts';

export const WIDGETS: Noun<WidgetRow> = {
  entity: DashboardWidget,
  singular: 'widget',
  made: 'added',
  key: 'title',
  columns: ['title', 'widget_type', 'event', 'x', 'y', 'w', 'h', 'public_id'],
  orderBy: { y: 'asc' },
  scope: ({ dashboard }) => ({ dashboard: dashboard.id }),
  derived: {
    columns: ['event'],
    rows: async (em, widgets) => {
      const events = await eventsOf(
        em,
        widgets.flatMap(({ event }) => event?.publicId ?? []),
      );
      return widgets.map(({ event }) => ({ event: events.get(event?.publicId ?? '')?.name ?? null }));
    },
  },
};

/** Declares the arguments that name a widget and its dashboard. */
export function widgetArguments(ctx: Context): (command: Command) => Command {
  const onDashboard = async ({ dashboard = '' }: Answers) => ({
    dashboard: (await find(ctx, DASHBOARDS, dashboard)).id,
  });
  return (command) =>
    command.addArgument(rowArgument(ctx, DASHBOARDS)).addArgument(rowArgument(ctx, WIDGETS, onDashboard));
}

/** Finds a dashboard, and a widget on it by its public id or title. */
export async function findWidget(
  ctx: Context,
  dashboardGiven: string,
  widgetGiven: string,
): Promise<{ dashboard: DashboardRow; widget: WidgetRow }> {
  const dashboard = await find(ctx, DASHBOARDS, dashboardGiven);
  return { dashboard, widget: await find(ctx, WIDGETS, widgetGiven, { dashboard: dashboard.id }) };
}
