import { usernamesOf } from '../../auth/users.ts';
import { type Command, wordsOf } from '../../cli/command.ts';
import type { Context } from '../../cli/context.ts';
import type { Row } from '../../cli/output.ts';
import { schemaOf } from '../../database/layouts/layouts.ts';
import { OWNER } from '../../domain/ownership.ts';
import { User } from '../../entities/index.ts';
import { rowArgument } from './choices.ts';
import { exampleOf, find, hasPublicId, type Identified, type Noun, rowOf } from './noun.ts';

type Owned = Identified & { user?: { publicId: string } | null | undefined };

/**
 * Declares `show`: prints one row with all its columns.
 * @param print does so
 */
export function declareShow<T extends Owned>(
  parent: Command,
  ctx: Context,
  noun: Noun<T>,
  print = async (item: T) => await printRow(ctx, noun, item),
): Command {
  const words = `${wordsOf(parent)} show`;
  return parent
    .command('show')
    .addArgument(rowArgument(ctx, noun))
    .description(`show one ${noun.singular} with all its columns`)
    .action(async (given: string) => await print(await find(ctx, noun, given)))
    .examples([`${words} ${exampleOf(noun)}`], [`${words} ${hasPublicId(noun) ? '0198c2aa' : '7'} --json`]);
}

/**
 * Prints a row; for people, a card with names instead of ids, and the columns of the list first.
 * @param names the names of other rows that it refers to, for the card
 * @param more other columns of the row
 */
export async function printRow<T extends Owned>(
  ctx: Context,
  noun: Noun<T>,
  item: T,
  { names = {}, more = {} }: { names?: Row; more?: Row } = {},
): Promise<void> {
  const row = { ...(await rowOf(ctx, noun, item)), ...more };
  await ctx.output.one(ctx.output.isTable ? await cardOf(ctx, noun, item, { ...row, ...names }) : row);
}

async function cardOf<T extends Owned>(ctx: Context, noun: Noun<T>, item: T, row: Row): Promise<Row> {
  const isOwned = OWNER in schemaOf(noun.entity).properties && !('owner' in row || 'user' in row);
  const owner = isOwned
    ? ((await usernamesOf(await ctx.em(User), [item])).get(item.user?.publicId ?? '') ?? null)
    : null;
  const { public_id: publicId, ...rest } = isOwned ? { ...row, owner } : row;
  const listed = noun.columns.filter((column) => column in rest);
  const shown = [...new Set([...listed, ...Object.keys(rest)])].filter((column) => !isReplaced(noun, column, rest));
  const card = Object.fromEntries(shown.map((column) => [column, rest[column]]));
  return publicId === undefined ? card : { ...card, public_id: publicId };
}

/** Whether a column is an id, and the card has a name or a public id instead. */
function isReplaced<T extends object>(noun: Noun<T>, column: string, row: Row): boolean {
  if (column === 'id') {
    return hasPublicId(noun);
  }
  const [, other] = /^(.+?)(?:_public)?_id$/.exec(column) ?? [];
  return other !== undefined && (other in row || (other === OWNER && 'owner' in row));
}
