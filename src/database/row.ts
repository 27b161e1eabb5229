import type { EntityName } from '@mikro-orm/core';
import type { EntityManager } from '@mikro-orm/postgresql';
import { columnName } from './layouts/layouts.ts';

/** The columns of an entity's rows that the table itself has: what is read from others is told by those. */
export function storedColumnsOf<T extends object>(em: EntityManager, entity: EntityName<T>): string[] {
  const { props } = em.getMetadata().get(entity);
  return props.filter(({ persist }) => persist !== false).map(({ name }) => columnName(name));
}

/** The columns of an entity's rows, in order. */
export function columnsOf<T extends object>(em: EntityManager, entity: EntityName<T>): string[] {
  const { props } = em.getMetadata().get(entity);
  return props.filter(({ hidden }) => !hidden).map(({ name }) => columnName(name));
}

/**
 * An entity as a plain row: the keys are column names in snake_case, secrets are left out, absent values are null, and
 * NaN and the infinities are text, for JSON has no word for them.
 */
export function toRow<T extends object>(em: EntityManager, entity: EntityName<T>, item: T): Record<string, unknown> {
  const row: Record<string, unknown> = {};
  for (const property of em.getMetadata().get(entity).props) {
    if (!property.hidden) {
      const value: unknown = item[property.name];
      row[columnName(property.name)] =
        typeof value === 'number' && !Number.isFinite(value) ? String(value) : (value ?? null);
    }
  }
  return row;
}
