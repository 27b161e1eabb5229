import { defineEntity, p } from '@mikro-orm/core';
import { ChannelMapping } from './channel-mapping.ts';
import { idsWithPublicKey, now } from './columns.ts';
import { DashboardWidget } from './dashboard-widget.ts';
import { Datapoint } from './datapoint.ts';
import { Rule } from './rule.ts';
import { DoubleType } from './types.ts';
import { User } from './user.ts';

/** The kinds of events. */
export const EVENT_TYPES = ['sensor', 'actuator', 'range', 'cmd_button', 'cmd_opened', 'cmd_closed'] as const;

export const EventSchema = defineEntity({
  name: 'Event',
  tableName: 'events',
  properties: {
    ...idsWithPublicKey(),
    name: p.string().length(255).unique(),
    unit: p.string().length(255),
    minValue: p.type(DoubleType),
    maxValue: p.type(DoubleType),
    eventType: p.enum(EVENT_TYPES),
    user: () => p.manyToOne(User).joinColumn('user_public_id').index().deleteRule('cascade').ref(),
    createdOn: now(),
    datapoints: () => p.oneToMany(Datapoint).mappedBy('event'),
    rules: () => p.oneToMany(Rule).mappedBy('event'),
    widgets: () => p.oneToMany(DashboardWidget).mappedBy('event'),
    channelMappings: () => p.oneToMany(ChannelMapping).mappedBy('event'),
  },
});

/** The definition of a sensor or actuator channel: what a datapoint measures, and in which unit and range. */
export class Event extends EventSchema.class {}
EventSchema.setClass(Event);
