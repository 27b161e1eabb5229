import type { EntityManager } from '@mikro-orm/postgresql';
import { insert, saveChanges } from '../database/repository.ts';
import { EVENT_TYPES, Event } from '../entities/index.ts';
import { InvalidInputError } from '../errors.ts';
import { oneOf, rowName, shortText } from './checks.ts';
import { type OwnerChange, ownerOf } from './ownership.ts';

export type EventRow = Event;

/** The definition of a channel; `minValue` is less than `maxValue`. */
export interface EventDefinition {
  name: string;
  unit: string;
  minValue: number;
  maxValue: number;
  /** One of EVENT_TYPES. */
  eventType: string;
}

/**
 * Creates an event.
 * @param userPublicId its owner
 * @throws InvalidInputError, ConflictError
 */
export async function createEvent(
  em: EntityManager,
  definition: EventDefinition,
  userPublicId: string,
): Promise<EventRow> {
  return await insert(em, Event, { ...checkedEvent(definition), user: userPublicId });
}

/**
 * Changes the given properties of an event.
 * @throws InvalidInputError, ConflictError
 */
export async function updateEvent(
  em: EntityManager,
  event: EventRow,
  change: Partial<EventDefinition> & OwnerChange,
): Promise<EventRow> {
  const { name, unit, minValue, maxValue, eventType } = { ...event, ...change };
  const columns = checkedEvent({ name, unit, minValue, maxValue, eventType }, event.name);
  return await saveChanges(em, event, { ...columns, ...ownerOf(change) });
}

export async function eventsOf(em: EntityManager, publicIds: readonly string[]): Promise<Map<string, EventRow>> {
  const events = await em.find(Event, { publicId: { $in: [...new Set(publicIds)] } });
  return new Map(events.map((event) => [event.publicId, event]));
}

/**
 * Returns the definition if an event can have it.
 * @param before the current name, which may stay
 * @throws InvalidInputError
 */
export function checkedEvent(definition: EventDefinition, before?: string) {
  const { name, unit, minValue, maxValue } = definition;
  if (!(minValue < maxValue)) {
    throw new InvalidInputError(`The smallest value, ${minValue}, must be less than the largest, ${maxValue}.`);
  }
  return {
    name: rowName('name', name, before),
    unit: shortText('unit', unit),
    minValue,
    maxValue,
    eventType: oneOf('type', definition.eventType, EVENT_TYPES),
  };
}
