import type { EventRow } from '../../domain/events.ts';
import { Event } from '../../entities/index.ts';
import type { Noun } from '../standard/noun.ts';

export const EVENTS: Noun<EventRow> = {
  entity: Event,
  singular: 'event',
  key: 'name',
  columns: ['name', 'unit', 'min_value', 'max_value', 'event_type', 'public_id'],
  orderBy: { name: 'asc' },
};
