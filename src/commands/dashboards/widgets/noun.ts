import type { Context } from '../../../cli/context.ts';
import type { DashboardRow } from '../../../domain/dashboards.ts';
import { eventsOf } from '../../../domain/events.ts';
import type { WidgetRow } from '../../../domain/widgets.ts';
import { DashboardWidget } from '../../../entities/index.ts';
import { find, type Noun } from '../../standard/noun.ts';
import { DASHBOARDS } from '../noun.ts';

export const WIDGETS: Noun<WidgetRow> = {
  entity: DashboardWidget,
  singular: 'widget',
  made: 'added',
  key: 'title',
  columns: ['title', 'widget_type', 'event', 'x', 'y', 'w', 'h', 'public_id'],
  orderBy: { y: 'asc' },
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

/** Finds a dashboard, and a widget on it by its public id or title. */
export async function findWidget(
  ctx: Context,
  dashboardGiven: string,
  widgetGiven: string,
): Promise<{ dashboard: DashboardRow; widget: WidgetRow }> {
  const dashboard = await find(ctx, DASHBOARDS, dashboardGiven);
  return { dashboard, widget: await find(ctx, WIDGETS, widgetGiven, { dashboard: dashboard.id }) };
}
