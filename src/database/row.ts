import type { EntityName, EntityProperty } from '@mikro-orm/core';
import type { EntityManager } from '@mikro-orm/postgresql';
import { columnProperties, schemaOf } from './layouts/layouts.ts';

/** The columns of an entity's rows that the table itself has: what is read from others is told by those. */
export function storedColumnsOf<T extends object>(em: EntityManager, entity: EntityName<T>): string[] {
  return columnsPresent(em, entity).flatMap(({ column, property }) => (property.persist === false ? [] : column));
}

/** The columns of an entity's rows, in order. */
export function columnsOf<T extends object>(em: EntityManager, entity: EntityName<T>): string[] {
  return columnsPresent(em, entity).flatMap(({ column, property }) => (property.hidden ? [] : column));
}

/**
 * An entity as a plain row: the keys are column names in snake_case, relations are the key that they go by, secrets are
 * left out, absent values are null, and NaN and the infinities are text, for JSON has no word for them.
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

/** The properties that stand for a column of the database as it is. */
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

/** The value, and of a relation the key, which is there whether or not the row behind it has been read. */
function keyOf({ targetMeta }: Pick<EntityProperty, 'targetMeta'>, value: unknown): unknown {
  const [key] = targetMeta?.primaryKeys ?? [];
  return key !== undefined && typeof value === 'object' && value !== null ? Reflect.get(value, key) : value;
}
