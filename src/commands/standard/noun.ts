import type { EntityClass } from '@mikro-orm/core';
import type { EntityManager } from '@mikro-orm/postgresql';
import type { Context } from '../../cli/context.ts';
import type { Row } from '../../cli/output.ts';
import type { Where } from '../../database/keyset.ts';
import { schemaOf } from '../../database/layouts/layouts.ts';
import type { Order } from '../../database/paginate.ts';
import { getOr404 } from '../../database/repository.ts';
import { resolve } from '../../database/resolve.ts';
import { toRow } from '../../database/row.ts';

/** What list, show and delete need to know of a kind of row. */
export interface Noun<T extends object> {
  entity: EntityClass<T>;
  /** What messages call one, such as `user`. */
  singular: string;
  /** What has happened to a new one, where "created" is not the word. */
  made?: string;
  /** The property that people know a row by, where there is one. */
  key?: keyof T & string;
  /** Columns of the table, the natural key first; those that a database does not have are left out. */
  columns: readonly string[];
  /** The order of a list; the column has an index. */
  orderBy: Order<T>;
  /** What messages call a row, where its natural key is not fit to be printed. */
  name?: (item: T) => string;
  /** Columns that are printed instead of those of the same name, or after them, such as the names behind public ids. */
  derived?: { columns: readonly string[]; rows(em: EntityManager, items: T[]): Promise<Row[]> };
}

/** A row that has a name to be told by. */
export interface Known {
  id: number;
  publicId: string;
}

/** A row that has an id at least: revoked tokens have no other name. */
export interface Identified {
  id: number;
  publicId?: string;
}

/**
 * The row that the user means, by natural key, public id or the first 8 or more characters of it; by id where it has no
 * public id.
 * @param among the rows that can be meant; all where left out
 */
export async function find<T extends Identified>(
  ctx: Context,
  noun: Noun<T>,
  given: string,
  among: Where<T> = {},
): Promise<T> {
  const em = await ctx.em(noun.entity);
  const name = capitalised(noun.singular);
  return hasPublicId(noun)
    ? await resolve(em, noun.entity, noun.key, given, name, among, noun.name)
    : await getOr404(em, noun.entity, given, name);
}

/** Whether the rows have a public id. */
export function hasPublicId<T extends object>({ entity }: Noun<T>): boolean {
  return 'publicId' in schemaOf(entity).properties;
}

/** What a row can always be told by: its public id, or its id. */
export function referenceOf({ id, publicId }: Identified): string {
  return publicId ?? String(id);
}

/** The row as it is printed. */
export async function rowOf<T extends object>(ctx: Context, noun: Noun<T>, item: T): Promise<Row> {
  const [row = {}] = await rowsOf(await ctx.em(noun.entity), noun, [item]);
  return row;
}

/** The rows as they are printed. */
export async function rowsOf<T extends object>(em: EntityManager, noun: Noun<T>, items: T[]): Promise<Row[]> {
  const derived = (await noun.derived?.rows(em, items)) ?? [];
  return items.map((item, at) => ({ ...toRow(em, noun.entity, item), ...derived[at] }));
}

/** What a message calls this row: its natural key, or its public id. */
export function nameOf<T extends Identified>(noun: Noun<T>, item: T): string {
  return noun.name?.(item) ?? (noun.key ? String(item[noun.key]) : referenceOf(item));
}

/** `user` as `User`. */
export function capitalised(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}
