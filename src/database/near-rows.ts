import type { EntityName } from '@mikro-orm/core';
import type { EntityManager } from '@mikro-orm/postgresql';
import { alike } from '../text/event-title.ts';
import { nearest } from '../text/near.ts';
import type { Where } from './keyset.ts';

/** The most names that are searched for what was probably meant. */
const MAX_NAMES = 10_000;

/** The rows to search, and the property that users know them by. */
export interface Named<T> {
  entity: EntityName<T>;
  key: keyof T & string;
  among: Where<T>;
}

/** Returns the rows whose name is the given one, if case and the number of blanks are ignored. */
export async function alikeRows<T extends object>(
  em: EntityManager,
  { entity, key, among }: Named<T>,
  given: string,
): Promise<(T & { publicId: string })[]> {
  // PostgreSQL may know the case of ASCII letters only.
  const pattern = given
    .trim()
    .replace(/[\\%_]/g, '\\$&')
    .replace(/(?:\s|[^\0-\x7f])+/g, '%');
  const found = await em.find(entity, { $and: [{ [key]: { $ilike: pattern } }, among] } as Where<T>);
  return (found as (T & { publicId: string })[]).filter((row) => alike(String(row[key])) === alike(given));
}

/** Returns the rows that were probably meant: those whose name starts with the given one, else the one with the closest name. */
export async function nearRows<T extends object>(
  em: EntityManager,
  { entity, key, among }: Named<T>,
  given: string,
): Promise<(T & { publicId: string })[]> {
  const options = { orderBy: { id: 'asc' }, limit: MAX_NAMES + 1, disableIdentityMap: true };
  // The ORM's types cannot follow an entity that is a type parameter.
  const rows = (await em.find(entity, among, options as never)) as (T & { publicId: string })[];
  if (rows.length > MAX_NAMES) {
    return [];
  }
  const start = alike(given);
  const starting = rows.filter((row) => start !== '' && alike(String(row[key])).startsWith(start));
  const close =
    starting.length > 0
      ? undefined
      : nearest(
          given,
          rows.map((row) => String(row[key])),
        );
  return starting.length > 0 ? starting : rows.filter((row) => row[key] === close).slice(0, 1);
}
