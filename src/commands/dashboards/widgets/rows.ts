import type { EntityManager } from '@mikro-orm/postgresql';
import type { Row } from '../../../cli/output.ts';
import { toRow } from '../../../database/row.ts';
import { eventsOf } from '../../../domain/events.ts';
import type { WidgetRow } from '../../../domain/widgets.ts';
import { DashboardWidget } from '../../../entities/index.ts';

/** Returns widgets as they are printed: with the names of their events. */
export async function widgetRows(em: EntityManager, widgets: readonly WidgetRow[]): Promise<Row[]> {
  const events = await eventsOf(
    em,
    widgets.flatMap(({ event }) => event?.publicId ?? []),
  );
  return widgets.map((widget) => ({
    ...toRow(em, DashboardWidget, widget),
    event: events.get(widget.event?.publicId ?? '')?.name ?? null,
  }));
}
