import type { EntityName, EntityProperty } from '@mikro-orm/core';
import type { EntityManager } from '@mikro-orm/postgresql';
import { columnProperties, schemaOf } from './layouts/layouts.ts';

/** Returns the columns that an entity's table stores, without those that are derived from others. */
export function storedColumnsOf<T extends object>(em: EntityManager, entity: EntityName<T>): string[] {
  return columnsPresent(em, entity).flatMap(({ column, property }) => (property.persist === false ? [] : column));
}

/** Returns the properties that a list can be ordered by, those that are stored and no secret, by their columns. */
export function sortKeysOf<T extends object>(em: EntityManager, entity: EntityName<T>): Map<string, string> {
  const found = columnsPresent(em, entity).filter(({ property }) => property.persist !== false && !property.hidden);
  return new Map(found.map(({ column, property }) => [column, property.name]));
}

/** Returns the columns of an entity's rows, in order, without secrets. */
export function columnsOf<T extends object>(em: EntityManager, entity: EntityName<T>): string[] {
  return columnsPresent(em, entity).flatMap(({ column, property }) => (property.hidden ? [] : column));
}

/**
 * Converts an entity to a plain row: the keys are column names in snake_case, relations are their keys, secrets are left
 * out, missing values are null, and NaN and the infinities are text, since JSON cannot represent them.
 *
 * @example
 * ```ts
 * const { em } = database;
 * const event = await em.findOneOrFail(Event, { name: 'Air flow' });
 * console.log(JSON.stringify(toRow(em, Event, event)));
 * // {"id":…,"public_id":"…","name":"Air flow","unit":"l/min",…,"user_public_id":"…",…}
 * ```
 */
export function toRow<T extends object>(em: EntityManager, entity: EntityName<T>, item: T): Record<string, unknown> {
  const row: Record<string, unknown> = {};
  for (const { column, property } of columnsPresent(em, entity)) {
    if (!property.hidden) {
      const value = keyOf(property, item[property.name]);
      row[column] = typeof value === 'number' && !Number.isFinite(value) ? String(value) : (value ?? null);
    }
  }
  return row;
}

/** Returns the properties that have a column in this database. */
function columnsPresent<T extends object>(
  em: EntityManager,
  entity: EntityName<T>,
): { column: string; property: EntityProperty<T> }[] {
  const { class: definition, properties } = em.getMetadata().get(entity);
  const present: Record<string, EntityProperty<T>> = properties;
  return columnProperties(schemaOf(definition)).flatMap(({ property: name, column }) => {
    const property = present[name];
    return property ? { column, property } : [];
  });
}

/** Returns the value, or the key of a relation, whether or not its row has been loaded. */
export function keyOf(property: Pick<EntityProperty, 'targetMeta'> | undefined, value: unknown): unknown {
  const [key] = property?.targetMeta?.primaryKeys ?? [];
  return key !== undefined && typeof value === 'object' && value !== null ? Reflect.get(value, key) : value;
}
