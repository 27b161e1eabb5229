import type { EntityClass } from '@mikro-orm/core';
import type { EntityManager } from '@mikro-orm/postgresql';
import type { Context } from '../../cli/context.ts';
import type { Row } from '../../cli/output.ts';
import { capitalised, quoted } from '../../cli/text.ts';
import type { Where } from '../../database/keyset.ts';
import { schemaOf } from '../../database/layouts/layouts.ts';
import { alikeRows } from '../../database/near-rows.ts';
import type { Order } from '../../database/paginate.ts';
import { getOr404 } from '../../database/repository.ts';
import { resolve, UnknownRowError } from '../../database/resolve.ts';
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
  /** The columns by which a row is chosen from a list, if others than those of the table, and what is computed for them. */
  choice?: { columns: readonly string[]; rows(em: EntityManager, items: T[]): Promise<Row[]> };
  /** Returns the rows among which the name is to be distinct, if not all of them; undefined if it is not a name. */
  scope?: (item: T) => Where<T> | undefined;
}

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
 * id. On a terminal it offers the only row that was probably meant, and does not take it without a yes.
 * @param among the rows to search; default all
 * @param mayOffer whether it does
 */
export async function find<T extends Identified>(
  ctx: Context,
  noun: Noun<T>,
  given: string,
  among: Where<T> = {},
  mayOffer = true,
): Promise<T> {
  const em = await ctx.em(noun.entity);
  const name = capitalised(noun.singular);
  const found = async (text: string) => await resolve(em, noun.entity, noun.key, text, name, among, noun.name);
  if (!hasPublicId(noun)) {
    return await getOr404(em, noun.entity, given, name);
  }
  try {
    return await found(given);
  } catch (error) {
    if (!(error instanceof UnknownRowError) || !error.meant || !mayOffer || !ctx.prompts.canAsk || ctx.yes) {
      throw error;
    }
    const meant = await found(error.meant);
    const [label] = await labelsOf(ctx, noun, [meant]);
    if (
      !(await ctx.prompts.confirm(`Use ${quoted(nameOf(noun, meant))}?`, `${error.message} One is similar: ${label}`))
    ) {
      throw error;
    }
    return meant;
  }
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

/**
 * Finds rows, each once.
 * @throws UnknownRowError; if together the texts are one name, its hint is to quote it
 */
export async function findEach<T extends Known>(ctx: Context, noun: Noun<T>, given: readonly string[]): Promise<T[]> {
  const rows = new Map<string, T>();
  try {
    for (const name of given) {
      const row = await find(ctx, noun, name, {}, given.length === 1);
      rows.set(row.publicId, row);
    }
  } catch (error) {
    const whole = given.join(' ');
    const isOne = error instanceof UnknownRowError && given.length > 1 && (await isName(ctx, noun, whole));
    throw isOne ? new UnknownRowError(error.message, `Quote a name with blanks: "${whole}".`) : error;
  }
  return [...rows.values()];
}

async function isName<T extends Known>(ctx: Context, noun: Noun<T>, text: string): Promise<boolean> {
  const search = noun.key && { entity: noun.entity, key: noun.key, among: {} };
  return search !== undefined && (await alikeRows(await ctx.em(noun.entity), search, text)).length > 0;
}

export function hasPublicId<T extends object>({ entity }: Noun<T>): boolean {
  return 'publicId' in schemaOf(entity).properties;
}

export function canBeDisabled<T extends object>({ entity }: Noun<T>): boolean {
  return 'enabled' in schemaOf(entity).properties;
}

/** Returns the public id of a row, or its id where it has none. */
export function referenceOf({ id, publicId }: Identified): string {
  return publicId ?? String(id);
}

export async function rowOf<T extends object>(ctx: Context, noun: Noun<T>, item: T): Promise<Row> {
  const [row = {}] = await rowsOf(await ctx.em(noun.entity), noun, [item]);
  return row;
}

export async function rowsOf<T extends object>(em: EntityManager, noun: Noun<T>, items: T[]): Promise<Row[]> {
  const derived = (await noun.derived?.rows(em, items)) ?? [];
  return items.map((item, at) => ({ ...toRow(em, noun.entity, item), ...derived[at] }));
}

/** Returns each row as a line to choose it by. */
export async function labelsOf<T extends object>(ctx: Context, noun: Noun<T>, items: T[]): Promise<string[]> {
  const em = await ctx.em(noun.entity);
  const rows = await rowsOf(em, noun, items);
  const more = (await noun.choice?.rows(em, items)) ?? [];
  const columns = (noun.choice?.columns ?? noun.columns).filter((column) => column !== 'public_id');
  const { rowLines } = await import('../../cli/row-lines.ts');
  return await rowLines(
    ctx,
    rows.map((row, at) => ({ ...row, ...more[at] })),
    columns,
  );
}

/** Returns the name of a row in messages: its natural key, or its public id. */
export function nameOf<T extends Identified>(noun: Noun<T>, item: T): string {
  return noun.name?.(item) ?? (noun.key ? String(item[noun.key]) : referenceOf(item));
}

/** Returns the placeholder of a row in examples. */
export function exampleOf<T extends object>(noun: Noun<T>): string {
  return noun.key ? 'NAME' : hasPublicId(noun) ? 'PUBLIC_ID' : 'ID';
}

export function argumentHelp<T extends object>(noun: Noun<T>): string {
  if (!hasPublicId(noun)) {
    return 'id, as shown by list';
  }
  const key = noun.key?.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
  return `${key ? `${key}, ` : ''}public id, or its first 8 or more characters`;
}
