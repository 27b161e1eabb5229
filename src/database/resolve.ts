import type { EntityName } from '@mikro-orm/core';
import type { EntityManager } from '@mikro-orm/postgresql';
import { NotFoundError } from '../errors.ts';
import { defined } from '../text/defined.ts';
import { didYouMean } from '../text/near.ts';
import { idPrefixFilter } from './id-prefix.ts';
import type { Where } from './keyset.ts';
import { alikeRows, nearRows } from './near-rows.ts';
import { isIdPrefix, onlyRow } from './reference.ts';

const UUID_LENGTH = 36;

/** Two are already a conflict, whose message lists them. */
const MAX_PREFIXED = 3;

const MAX_SUGGESTED = 3;

/** No row has the name or id that was given. */
export class UnknownRowError extends NotFoundError {
  /** The public id of the only row that was probably meant. */
  readonly meant: string | undefined;

  constructor(message: string, hint: string, meant?: string) {
    super(message, { hint });
    this.meant = meant;
  }
}

/**
 * Finds a row by public id, natural key, or the first 8 or more characters of its public id. An exact public id takes
 * precedence, also over the names of the rows in `among`. If there is no such row, it finds the only one whose name differs in
 * case and the number of blanks.
 * @param naturalKey the property that users know it by, such as `username`
 * @param name the entity in messages, such as "Experiment"
 * @param among the rows to choose from; all by default
 * @param nameOf returns the name of a row in messages, if its natural key must not be printed
 * @throws UnknownRowError; ConflictError listing the rows, if the text is one row's name and the start of another's public
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
    ? await find({ $and: [{ publicId: await idPrefixFilter(em, entity, given.toLowerCase()) }, scope] }, MAX_PREFIXED)
    : [];
  const naming = {
    kind: name.toLowerCase(),
    nameOf: (row: T) => nameOf?.(row) ?? (naturalKey ? String(row[naturalKey]) : undefined),
  };
  const isNamed = (row: T) => naturalKey !== undefined && row[naturalKey] === given;
  const search = naturalKey && { entity, key: naturalKey, among };
  const exact = onlyRow<T & { publicId: string }>(given, [...new Set([...found, ...prefixed])], { ...naming, isNamed });
  const alike = search && !exact ? await alikeRows(em, search, given) : [];
  const only = exact ?? onlyRow<T & { publicId: string }>(given, alike, { ...naming, isNamed: () => true });
  if (!only) {
    const near = search ? await nearRows(em, search, given) : [];
    const suggestion = didYouMean(near.slice(0, MAX_SUGGESTED).map(naming.nameOf));
    const meant = near.length === 1 ? near[0]?.publicId : undefined;
    throw new UnknownRowError(`${name} "${given}" not found.`, `${suggestion}${hintFor(naturalKey)}`, meant);
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
