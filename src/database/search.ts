import { type EntityClass, types } from '@mikro-orm/core';
import type { EntityManager } from '@mikro-orm/postgresql';
import type { Where } from './keyset.ts';
import { columnProperties, schemaOf } from './layouts/layouts.ts';

interface TextProperty {
  type?: unknown;
  hidden?: boolean;
}

/** Returns the columns that a search looks in: those with free text, without secrets and public ids. */
export function searchedColumns<T extends object>(entity: EntityClass<T>): { property: string; column: string }[] {
  const properties: Record<string, TextProperty> = schemaOf(entity).properties;
  return columnProperties(schemaOf(entity)).filter(({ property }) => {
    const { type, hidden } = properties[property] ?? {};
    return (type === types.string || type === types.text) && !hidden && property !== 'publicId';
  });
}

/** Returns the filter for the rows that contain a text, in upper or lower case, in one of these columns. */
export function searchFilter<T extends object>(em: EntityManager, entity: EntityClass<T>, text: string): Where<T> {
  const present = em.getMetadata().get(entity).properties;
  const pattern = `%${text.replaceAll(/[\\%_]/g, '\\$&')}%`;
  const columns = searchedColumns(entity).filter(({ property }) => property in present);
  return { $or: columns.map(({ property }) => ({ [property]: { $ilike: pattern } })) } as Where<T>;
}
