import type { EntityName } from '@mikro-orm/core';
import type { EntityManager } from '@mikro-orm/postgresql';
import { NotFoundError } from '../errors.ts';
import { defined } from '../text/defined.ts';
import type { Where } from './keyset.ts';
import { isIdPrefix, onlyRow } from './reference.ts';

const UUID_LENGTH = 36;

/** Two are already a conflict, whose message lists them. */
const MAX_PREFIXED = 3;

/**
 * Finds a row by public id, natural key, or the first 8 or more characters of its public id. An exact public id takes
 * precedence, also over the names of the rows in `among`.
 * @param naturalKey the property that users know it by, such as `username`
 * @param name the entity in messages, such as "Experiment"
 * @param among the rows to choose from; all by default
 * @param nameOf returns the name of a row in messages, if its natural key must not be printed
 * @throws NotFoundError; ConflictError listing the rows, if the text is one row's name and the start of another's public
 * id, or matches more than one in the same way
 */
export async function resolve<T extends object>(
  em: EntityManager,
  entity: EntityName<T>,
  naturalKey: (keyof T & string) | undefined,
  given: string,
  name: string,
  among: Where<T> = {},
  nameOf?: (row: NoInfer<T>) => string,
): Promise<T> {
  const find = async (where: object, limit?: number) =>
    (await em.find(entity, where as Where<T>, defined({ limit }))) as (T & { publicId: string })[];
  // A full id in upper case can use the index, unlike a prefix.
  const ids = given.length === UUID_LENGTH ? [given, given.toLowerCase()] : [given];
  const named = naturalKey ? [{ $and: [{ [naturalKey]: given }, among] }] : [];
  const found = await find({ $or: [{ publicId: { $in: ids } }, ...named] });
  const isPrefix = isIdPrefix(given) && given.length < UUID_LENGTH && !found.some((row) => row.publicId === given);
  // If a row has that name, a matching id outside `among` is ambiguous too.
  const scope = found.length > 0 ? {} : among;
  const prefixed = isPrefix
    ? await find({ $and: [{ publicId: { $like: `${given.toLowerCase()}%` } }, scope] }, MAX_PREFIXED)
    : [];
  const only = onlyRow(given, [...new Set([...found, ...prefixed])], {
    kind: name.toLowerCase(),
    isNamed: (row) => naturalKey !== undefined && row[naturalKey] === given,
    nameOf: (row) => nameOf?.(row) ?? (naturalKey ? String(row[naturalKey]) : undefined),
  });
  if (!only) {
    throw new NotFoundError(`${name} "${given}" not found.`, { hint: hintFor(naturalKey) });
  }
  if (Object.keys(among).length > 0 && (await find({ $and: [{ publicId: only.publicId }, among] })).length === 0) {
    throw new NotFoundError(`${name} "${given}" not found.`, {
      hint: `That is the public id of another ${name.toLowerCase()}, which belongs elsewhere. ${hintFor(naturalKey)}`,
    });
  }
  return only;
}

function hintFor(naturalKey: string | undefined): string {
  const key = naturalKey?.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
  return key
    ? `Use its ${key}, its public id, or the first 8 or more characters of its id.`
    : 'Use its public id, or the first 8 or more characters of it.';
}
