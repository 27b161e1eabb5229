import { checkedEvent } from '../../domain/events.ts';
import { Event } from '../../entities/index.ts';
import type { FieldsOf } from '../format.ts';
import { defineKind } from '../model.ts';
import { type Owned, ownerColumn, ownerField } from './fields.ts';

export const EVENTS = defineKind<Event, FieldsOf<'events'> & Owned>({
  name: 'events',
  singular: 'event',
  entity: Event,
  uniques: ['name'],
  nameOf: ({ name }) => name,
  fieldsOf: (event, names) => ({
    unit: event.unit,
    min_value: event.minValue,
    max_value: event.maxValue,
    event_type: event.eventType,
    ...ownerField(event, names),
  }),
  columns: (
    _em,
    name,
    { unit, min_value: minValue, max_value: maxValue, event_type: eventType, ...owner },
    keys,
    before,
  ) => ({
    ...checkedEvent({ name, unit, minValue, maxValue, eventType }, before?.name),
    ...ownerColumn(owner, keys),
  }),
});
