import { randomUUID } from 'node:crypto';
import { defineEntity, p } from '@mikro-orm/core';
import { DoubleType, TimestampType } from './types.ts';
import { userReference } from './user.ts';

/** What an event can be. */
export const EVENT_TYPES = ['sensor', 'actuator', 'range', 'cmd_button', 'cmd_opened', 'cmd_closed'] as const;

/** The definition of a sensor or actuator channel: what a datapoint measures, and in which unit and range. */
export const Event = defineEntity({
  name: 'Event',
  tableName: 'events',
  properties: {
    id: p.integer().primary(),
    publicId: p
      .string()
      .length(100)
      .unique()
      .onCreate(() => randomUUID()),
    name: p.string().length(255).unique(),
    unit: p.string().length(255),
    minValue: p.type(DoubleType),
    maxValue: p.type(DoubleType),
    eventType: p.enum(EVENT_TYPES),
    userPublicId: userReference().index().deleteRule('cascade'),
    createdOn: p.type(TimestampType).defaultRaw('now()'),
  },
});

/** The column of a row that belongs to an event: its public id, as plain text. */
export function eventReference() {
  return p.manyToOne(Event).targetKey('publicId').mapToPk().$type<string>().joinColumn('event_public_id');
}
