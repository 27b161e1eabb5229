import { defineEntity, p } from '@mikro-orm/core';
import { ids, integer, now } from './columns.ts';
import { Dashboard } from './dashboard.ts';
import { Event } from './event.ts';

/** The kinds of widgets. */
export const WIDGET_TYPES = ['line_chart', 'gauge', 'stat_card', 'actuator_toggle'] as const;

export const DashboardWidgetSchema = defineEntity({
  name: 'DashboardWidget',
  tableName: 'dashboard_widgets',
  properties: {
    ...ids(),
    dashboard: () => p.manyToOne(Dashboard).joinColumn('dashboard_id').index().deleteRule('cascade').ref(),
    widgetType: p.enum(WIDGET_TYPES),
    title: p.string().length(255),
    event: () => p.manyToOne(Event).joinColumn('event_public_id').index().deleteRule('set null').nullable().ref(),
    configJson: p.text().nullable(),
    x: integer(0),
    y: integer(0),
    w: integer(4),
    h: integer(3),
    createdOn: now(),
  },
});

/** A widget on the 12-column grid of a dashboard: position and size in grid cells. */
export class DashboardWidget extends DashboardWidgetSchema.class {}
DashboardWidgetSchema.setClass(DashboardWidget);
