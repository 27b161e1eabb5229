import { Option } from 'commander';
import { type Command, wordsOf } from '../../cli/command.ts';
import type { Context } from '../../cli/context.ts';
import { pageNumber, wholeNumber } from '../../cli/parse.ts';
import { grouped } from '../../cli/text.ts';
import type { Entity } from '../../database/database.ts';
import type { Where } from '../../database/keyset.ts';
import { type PaginatedResponse, paginate } from '../../database/paginate.ts';
import { columnsOf, storedColumnsOf } from '../../database/row.ts';
import { canBeDisabled, find, type Identified, type Noun, referenceOf, rowsOf } from './noun.ts';

interface ListOptions {
  page: number;
  pageSize: number;
  after?: string;
  exactTotal?: boolean;
  /** Of rows that can be disabled. */
  enabled?: true;
  disabled?: true;
}

/** The filter options of a list, and the condition they define. */
export interface Filter<T extends object, O> {
  declare(command: Command): void;
  /** @param words the arguments that the filter has declared */
  where(ctx: Context, options: O, words: readonly string[]): Promise<Where<T>>;
  /** Returns the entity that the condition reaches, if the rows do not refer to it: opening one takes time. */
  opens?(options: O): Entity | undefined;
  /** Whether the noun without a command prints the list. */
  isDefault?: boolean;
}

/** Declares `list`: prints a page of rows, in the noun's order. */
export function declareList<T extends Identified, O extends object>(
  parent: Command,
  ctx: Context,
  noun: Noun<T>,
  filter?: Filter<T, O>,
): Command {
  const command = parent
    .command('list', { isDefault: filter?.isDefault === true })
    .alias('ls')
    .description(`list ${parent.name()}, one page at a time`)
    .option('--page <n>', 'page number, from 1; -1 is the last page, -2 the one before', pageNumber, 1)
    .option('--page-size <n>', 'rows per page, 1 to 1000', wholeNumber, 50)
    .option('--exact-total', 'count all rows, even if there are more than a million')
    .addOption(new Option(`--after <${noun.singular}>`, 'the page after this row').conflicts('page'))
    .action(async () => await listRows(ctx, noun, command.opts<ListOptions & O>(), filter, command.args));
  filter?.declare(command);
  if (canBeDisabled(noun)) {
    command
      .addOption(new Option('--enabled', 'only enabled ones').conflicts('disabled'))
      .option('--disabled', 'only disabled ones');
  }
  const given = command.registeredArguments.map((argument) => ` ${argument.name().toUpperCase()}`).join('');
  const words = `${wordsOf(command)}${given}`;
  return command.examples(
    [words],
    [`${words} --json`, 'for scripts'],
    [`${words} --page -1`, 'the last page'],
    [`${words} --page-size 1000 --format csv`],
  );
}

/** Prints one page and, on a terminal, how to get the next one. */
async function listRows<T extends Identified, O extends object>(
  ctx: Context,
  noun: Noun<T>,
  options: ListOptions & O,
  filter?: Filter<T, O>,
  words: readonly string[] = [],
): Promise<void> {
  const em = await ctx.em(filter?.opens?.(options) ?? noun.entity);
  const state = options.enabled || options.disabled ? { enabled: options.enabled === true } : {};
  const found = await paginate(em, noun.entity, {
    page: options.page,
    pageSize: options.pageSize,
    ...(options.after === undefined ? {} : { after: referenceOf(await find(ctx, noun, options.after)) }),
    where: Object.assign({}, await filter?.where(ctx, options, words), state),
    orderBy: noun.orderBy,
    // The total is printed only on a terminal.
    total: !ctx.output.forPeople ? 'none' : options.exactTotal === true ? 'exact' : 'quick',
  });
  const rows = await rowsOf(em, noun, found.items);
  const shown = ctx.output.forPeople ? rows.map(shortId) : rows;
  const derived = noun.derived?.columns ?? [];
  const present = [...storedColumnsOf(em, noun.entity), ...derived];
  const columns = noun.columns.filter((column) => present.includes(column));
  await ctx.output.list(shown, columns, [...new Set([...columnsOf(em, noun.entity), ...derived])]);
  if (ctx.output.forPeople) {
    await ctx.output.say(footer(found, options));
  }
}

/**
 * Shortens the public id to 8 characters, which every command accepts; except for version 7, whose first characters are
 * only a time.
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
  if (after === undefined && page < 0) {
    return `Page ${-page} from the end, ${about}${grouped(total)} total. Previous: --page ${page - 1}`;
  }
  const next = after === undefined && page < pages ? ` Next: --page ${page + 1}` : '';
  return after === undefined && pages > 1
    ? `Page ${page} of ${about}${grouped(pages)}, ${about}${grouped(total)} total.${next}`
    : `${estimated ? 'About ' : ''}${grouped(total)} total.`;
}
