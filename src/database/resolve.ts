import type { EntityName } from '@mikro-orm/core';
import type { EntityManager } from '@mikro-orm/postgresql';
import { NotFoundError } from '../errors.ts';
import type { Where } from './keyset.ts';
import { canBeginId, onlyRow } from './reference.ts';

const UUID_LENGTH = 36;

/** More than one would be a conflict, and a message shows some. */
const MOST_BEGUN = 3;

/**
 * The row that a person means: by public id, natural key, or the first 8 or more characters of a public id. An exact
 * public id always wins, also over the names of rows that alone can be meant.
 * @param naturalKey the property that people know it by, such as `username`
 * @param name what to call it in messages, such as "Experiment"
 * @param among the rows that can be meant; all where left out
 * @param nameOf what messages call a row, where its natural key is not fit to be printed
 * @throws NotFoundError; ConflictError that shows the rows, where the text is one row's name and the beginning of
 * another's public id, or fits more than one in the same way
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
    (await em.find(entity, where as Where<T>, limit === undefined ? {} : { limit })) as (T & { publicId: string })[];
  // A whole id in upper case has an index too, which its beginning may not have.
  const ids = given.length === UUID_LENGTH ? [given, given.toLowerCase()] : [given];
  const named = naturalKey ? [{ $and: [{ [naturalKey]: given }, among] }] : [];
  const found = await find({ $or: [{ publicId: { $in: ids } }, ...named] });
  const isBeginning = canBeginId(given) && given.length < UUID_LENGTH && !found.some((row) => row.publicId === given);
  // Where a row has that name, the id of any other row is a reason for doubt.
  const scope = found.length > 0 ? {} : among;
  const begun = isBeginning
    ? await find({ $and: [{ publicId: { $like: `${given.toLowerCase()}%` } }, scope] }, MOST_BEGUN)
    : [];
  const only = onlyRow(given, [...new Set([...found, ...begun])], {
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
