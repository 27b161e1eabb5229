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

/** Describes a kind of row for the standard commands. */
export interface Noun<T extends object> {
  entity: EntityClass<T>;
  /** Its name in messages, such as `user`. */
  singular: string;
  /** The verb for a new row in messages; default "created". */
  made?: string;
  /** The natural key, where there is one. */
  key?: keyof T & string;
  /** The columns of the table, the natural key first; those that the database lacks are omitted. */
  columns: readonly string[];
  /** Those that a narrow window hides first, before the ones on the right; default the public id. */
  hideFirst?: readonly string[];
  /** The order of a list; the column has an index. */
  orderBy: Order<T>;
  /** Returns the name of a row in messages, where its natural key must not be printed. */
  name?: (item: T) => string;
  /** Computed columns, such as the names behind public ids; they replace those of the same name. */
  derived?: { columns: readonly string[]; rows(em: EntityManager, items: T[]): Promise<Row[]> };
}

/** A row that has a public id. */
export interface Known {
  id: number;
  publicId: string;
}

/** A row that may have no public id, such as a revoked token. */
export interface Identified {
  id: number;
  publicId?: string;
}

/**
 * Finds a row by natural key, public id or the first 8 or more characters of the public id; by id where it has no public
 * id.
 * @param among the rows to search; default all
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

/** Finds the public id of a row; undefined if none is given. */
export async function findPublicId<T extends Known>(
  ctx: Context,
  noun: Noun<T>,
  given: string | undefined,
): Promise<string | undefined> {
  return given === undefined ? undefined : (await find(ctx, noun, given)).publicId;
}

export async function findPublicIds<T extends Known>(
  ctx: Context,
  noun: Noun<T>,
  given: readonly string[],
): Promise<string[]> {
  return (await findEach(ctx, noun, given)).map(({ publicId }) => publicId);
}

/** Finds rows, each once. */
export async function findEach<T extends Known>(ctx: Context, noun: Noun<T>, given: readonly string[]): Promise<T[]> {
  const rows = new Map<string, T>();
  for (const name of given) {
    const row = await find(ctx, noun, name);
    rows.set(row.publicId, row);
  }
  return [...rows.values()];
}

/** Whether the rows have a public id. */
export function hasPublicId<T extends object>({ entity }: Noun<T>): boolean {
  return 'publicId' in schemaOf(entity).properties;
}

/** Whether the rows can be disabled. */
export function canBeDisabled<T extends object>({ entity }: Noun<T>): boolean {
  return 'enabled' in schemaOf(entity).properties;
}

/** Returns the public id of a row, or its id where it has none. */
export function referenceOf({ id, publicId }: Identified): string {
  return publicId ?? String(id);
}

/** Returns the row as it is printed. */
export async function rowOf<T extends object>(ctx: Context, noun: Noun<T>, item: T): Promise<Row> {
  const [row = {}] = await rowsOf(await ctx.em(noun.entity), noun, [item]);
  return row;
}

/** Returns the rows as they are printed. */
export async function rowsOf<T extends object>(em: EntityManager, noun: Noun<T>, items: T[]): Promise<Row[]> {
  const derived = (await noun.derived?.rows(em, items)) ?? [];
  return items.map((item, at) => ({ ...toRow(em, noun.entity, item), ...derived[at] }));
}

/** Returns the name of a row in messages: its natural key, or its public id. */
export function nameOf<T extends Identified>(noun: Noun<T>, item: T): string {
  return noun.name?.(item) ?? (noun.key ? String(item[noun.key]) : referenceOf(item));
}

/** Returns the placeholder of a row in examples. */
export function exampleOf<T extends object>(noun: Noun<T>): string {
  return noun.key ? 'NAME' : hasPublicId(noun) ? 'PUBLIC_ID' : 'ID';
}

/** Describes the argument that names a row. */
export function argumentHelp<T extends object>(noun: Noun<T>): string {
  if (!hasPublicId(noun)) {
    return 'id, as shown by list';
  }
  const key = noun.key?.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
  return `${key ? `${key}, ` : ''}public id, or its first 8 or more characters`;
}

/** Returns `User` for `user`. */
export function capitalised(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}
