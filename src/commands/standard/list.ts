import type { EntityManager } from '@mikro-orm/postgresql';
import { type Command, Option } from 'commander';
import type { Context } from '../../cli/context.ts';
import { examples, wordsOf } from '../../cli/examples.ts';
import type { Row } from '../../cli/output.ts';
import { wholeNumber } from '../../cli/parse.ts';
import { grouped } from '../../cli/text.ts';
import type { Where } from '../../database/keyset.ts';
import { type PaginatedResponse, paginate } from '../../database/repository.ts';
import { columnsOf, toRow } from '../../database/row.ts';
import { find, type Known, type Noun } from './noun.ts';

export interface ListOptions {
  page: number;
  pageSize: number;
  after?: string;
  exactTotal?: boolean;
}

/** Options of a list that narrow it, and the condition they make. */
export interface Filter<T extends object, O> {
  declare(command: Command): void;
  where(ctx: Context, options: O): Promise<Where<T>>;
  /** Further columns for the rows of a page, such as the names behind public ids. */
  extend?: { columns: readonly string[]; rows(em: EntityManager, items: T[]): Promise<Row[]> };
}

/** Declares `list`: a page of rows, in the noun's order. */
export function declareList<T extends Known, O extends object>(
  parent: Command,
  ctx: Context,
  noun: Noun<T>,
  filter?: Filter<T, O>,
): Command {
  const words = `${wordsOf(parent)} list`;
  const command = parent
    .command('list')
    .alias('ls')
    .description(`list ${parent.name()}, a page at a time`)
    .option('--page <n>', 'page, from 1', wholeNumber, 1)
    .option('--page-size <n>', 'rows a page, 1 to 1000', wholeNumber, 50)
    .option('--exact-total', 'count the rows also where there are more than a million')
    .addOption(new Option(`--after <${noun.singular}>`, 'the page that follows this row').conflicts('page'))
    .action(async (options: ListOptions & O) => await listRows(ctx, noun, options, filter));
  filter?.declare(command);
  return examples(command, [words], [`${words} --json`, 'for a program'], [`${words} --page-size 1000 --format csv`]);
}

/** Prints one page, and on a terminal how to get the next. */
export async function listRows<T extends Known, O extends object>(
  ctx: Context,
  noun: Noun<T>,
  options: ListOptions & O,
  filter?: Filter<T, O>,
): Promise<void> {
  const em = await ctx.em(noun.entity);
  const found = await paginate(em, noun.entity, {
    page: options.page,
    pageSize: options.pageSize,
    ...(options.after === undefined ? {} : { after: (await find(ctx, noun, options.after)).publicId }),
    ...(filter ? { where: await filter.where(ctx, options) } : {}),
    orderBy: noun.orderBy,
    // Only a person is told.
    total: !ctx.output.forPeople ? 'none' : options.exactTotal === true ? 'exact' : 'quick',
  });
  const further = (await filter?.extend?.rows(em, found.items)) ?? [];
  const rows = found.items.map((item, at) => ({ ...toRow(em, noun.entity, item), ...further[at] }));
  const shown = ctx.output.forPeople ? rows.map(shortId) : rows;
  await ctx.output.list(shown, noun.columns, [...columnsOf(em, noun.entity), ...(filter?.extend?.columns ?? [])]);
  if (ctx.output.forPeople) {
    await ctx.output.say(footer(found, options));
  }
}

/**
 * On a terminal the first eight characters do: every command takes them for the whole. Not so those of version 7, which
 * are but the time.
 */
function shortId(row: Record<string, unknown>): Record<string, unknown> {
  const { public_id: publicId } = row;
  return typeof publicId === 'string' && publicId[14] !== '7' ? { ...row, public_id: publicId.slice(0, 8) } : row;
}

function footer(
  { total, pages, estimated }: Pick<PaginatedResponse<unknown>, 'total' | 'pages' | 'estimated'>,
  { page, after }: ListOptions,
): string {
  if (total === 0) {
    return 'None.';
  }
  const about = estimated ? 'about ' : '';
  const next = after === undefined && page < pages ? ` Next: --page ${page + 1}` : '';
  return after === undefined && pages > 1
    ? `Page ${page} of ${about}${grouped(pages)}, ${about}${grouped(total)} in all.${next}`
    : `${estimated ? 'About ' : ''}${grouped(total)} in all.`;
}
