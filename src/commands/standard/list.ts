import type { EntityManager } from '@mikro-orm/postgresql';
import { type Command, wordsOf } from '../../cli/command.ts';
import type { Context } from '../../cli/context.ts';
import type { Output, Row } from '../../cli/output.ts';
import { counted, grouped } from '../../cli/text.ts';
import type { Entity } from '../../database/database.ts';
import type { Where } from '../../database/keyset.ts';
import { type PageRequest, type PaginatedResponse, paginate } from '../../database/paginate.ts';
import { searchFilter } from '../../database/search.ts';
import { streamRows } from '../../database/stream-rows.ts';
import { InvalidInputError } from '../../errors.ts';
import { type ListOptions, listOptions, orderOf, type View, viewOf } from './list-options.ts';
import { canBeDisabled, find, type Identified, type Noun, referenceOf, rowsOf } from './noun.ts';

/** The filter options of a list, and the condition they define. */
export interface Filter<T extends object, O> {
  declare(command: Command): void;
  /** Options of the filter, as the examples show them. */
  examples: readonly string[];
  /** @param words the arguments that the filter has declared */
  where(ctx: Context, options: O, words: readonly string[]): Promise<Where<T>>;
  /** Returns the entity that the condition reaches, if the rows do not refer to it: opening one takes time. */
  opens?(options: O): Entity | undefined;
  isDefault?: boolean;
}

/** Declares `list`: prints the rows, in the noun's order; on a terminal, one page of them. */
export function declareList<T extends Identified, O extends object>(
  parent: Command,
  ctx: Context,
  noun: Noun<T>,
  filter?: Filter<T, O>,
): Command {
  const command = parent
    .command('list', { isDefault: filter?.isDefault === true })
    .alias('ls')
    .description(`list ${parent.name()}; on a terminal, one page at a time`)
    .action(async () => await listRows(ctx, noun, command.opts<ListOptions & O>(), filter, command.args));
  filter?.declare(command);
  listOptions(command, noun);
  const given = command.registeredArguments.map((argument) => ` ${argument.name().toUpperCase()}`).join('');
  const words = `${wordsOf(command)}${given}`;
  return command.examples(
    [words],
    ...(filter?.examples ?? []).map((options): [string] => [`${words} ${options}`]),
    ...(canBeDisabled(noun) ? [[`${words} --disabled`] as const] : []),
    [`${words} --json`, 'all rows, for scripts'],
    [`${words} --all`, 'all rows, through a pager'],
    [`${words} --page -1`, 'the last page'],
    [`${words} --sort -id --limit 10 --format csv`, 'the ten newest'],
  );
}

interface Listing<T extends object> {
  em: EntityManager;
  noun: Noun<T>;
  request: PageRequest<T>;
  view: View;
  options: ListOptions;
  signal: AbortSignal;
  /** Shows that it takes a while. */
  wait<R>(work: () => Promise<R>): Promise<R>;
}

async function listRows<T extends Identified, O extends object>(
  ctx: Context,
  noun: Noun<T>,
  options: ListOptions & O,
  filter?: Filter<T, O>,
  words: readonly string[] = [],
): Promise<void> {
  checkForm(ctx.output, options);
  const { jq, search, after, page, pageSize, limit, all, pager } = options;
  const em = await ctx.em(filter?.opens?.(options) ?? noun.entity);
  const state = options.enabled || options.disabled ? { enabled: options.enabled === true } : {};
  const filtered = Object.assign({}, await filter?.where(ctx, options, words), state);
  const listing: Listing<T> = {
    em,
    noun,
    request: {
      after: after === undefined ? undefined : referenceOf(await find(ctx, noun, after)),
      where:
        search === undefined ? filtered : ({ $and: [filtered, searchFilter(em, noun.entity, search)] } as Where<T>),
      orderBy: orderOf(em, noun, options.sort),
      total: options.exactTotal ? 'exact' : 'quick',
    },
    view: viewOf(em, noun, options.columns),
    options,
    signal: ctx.signal,
    wait: async (work) => await ctx.progress('Reading', work),
  };
  const forPeople = ctx.output.forPeople && jq === undefined;
  const isPage = page !== undefined || pageSize !== undefined || (forPeople && limit === undefined && !all);
  let footer = '';
  const print = async (output: Output) => {
    footer = await (isPage ? printPage(output, listing) : printAll(output, listing));
  };
  let work = print;
  if (jq !== undefined) {
    const { throughJq } = await import('../../cli/jq.ts');
    work = async (output) => await throughJq(jq, output, print);
  }
  if (isPage || !pager || !ctx.streams.stdoutIsTerminal) {
    await work(ctx.output);
  } else {
    const { paged } = await import('../../cli/pager.ts');
    await paged(ctx, work);
  }
  if (forPeople && footer !== '') {
    await ctx.output.say(footer);
  }
}

/** @throws InvalidInputError for options that have no effect in the format */
function checkForm({ format }: Output, { jq, header }: ListOptions): void {
  if (header !== undefined && (jq !== undefined || format === 'json' || format === 'ndjson')) {
    throw new InvalidInputError(`JSON has no header: --${header ? '' : 'no-'}header is for text, tables and CSV.`);
  }
  if (jq !== undefined && format !== 'auto' && format !== 'json') {
    throw new InvalidInputError(`--jq filters JSON, not the format "${format}".`, { hint: 'Leave out --format.' });
  }
}

/** Prints one page; returns how to get the next one. */
async function printPage<T extends Identified>(output: Output, listing: Listing<T>): Promise<string> {
  const { em, noun, request, view, options, wait } = listing;
  const { page = 1, pageSize = 50, after } = options;
  const found = await wait(async () => paginate(em, noun.entity, { ...request, page, pageSize }));
  const { items, ...facts } = found;
  const rows = await shownRows(em, listing, items);
  // After a row, the number of the page is not known.
  const position = after === undefined ? {} : { page: null, pages: null };
  await output.report({ ...facts, ...position }, rows, view.columns, { ...view, header: options.header });
  if (items.length > 0 || Math.abs(page) === 1) {
    return footerOf(found, options);
  }
  const count = `${counted(found.pages, 'page')}, ${grouped(found.total)} total`;
  await output.warn(`Page ${page} is ${page > 0 ? 'past the end' : 'before the start'}: ${count}.`);
  return '';
}

/** Prints all rows, or the first ones; returns how many there are. */
async function printAll<T extends Identified>(output: Output, listing: Listing<T>): Promise<string> {
  const { em, noun, request, view, options } = listing;
  const { limit, after } = options;
  let printed = 0;
  async function* batches(): AsyncGenerator<Row[]> {
    for await (const batch of streamRows(em, noun.entity, { ...request, limit })) {
      listing.signal.throwIfAborted();
      printed += batch.items.length;
      yield await shownRows(batch.em, listing, batch.items);
    }
  }
  await output.batches(batches(), view.columns, { ...view, header: options.header });
  if (after !== undefined) {
    return `${grouped(printed)} after it.`;
  }
  const { total, estimated } =
    printed === limit && output.forPeople
      ? await paginate(em, noun.entity, { ...request, pageSize: 1 })
      : { total: printed };
  return total === printed
    ? footerOf({ total, pages: 1 }, options)
    : `${grouped(printed)} of ${estimated ? 'about ' : ''}${grouped(total)}. All: --all`;
}

async function shownRows<T extends Identified>(
  em: EntityManager,
  { noun, view }: Listing<T>,
  items: T[],
): Promise<Row[]> {
  const rows = await rowsOf(em, noun, items);
  return view.isChosen ? rows.map((row) => Object.fromEntries(view.all.map((column) => [column, row[column]]))) : rows;
}

function footerOf(
  { total, pages, estimated }: Pick<PaginatedResponse<unknown>, 'total' | 'pages' | 'estimated'>,
  { page = 1, after }: ListOptions,
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
    ? `Page ${page} of ${about}${grouped(pages)}, ${about}${grouped(total)} total.${next} All: --all`
    : `${estimated ? 'About ' : ''}${grouped(total)} total.`;
}
