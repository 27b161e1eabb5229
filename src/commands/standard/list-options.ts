import type { EntityManager } from '@mikro-orm/postgresql';
import { Option } from 'commander';
import type { Command } from '../../cli/command.ts';
import { pageNumber, wholeNumber } from '../../cli/parse.ts';
import { quoted } from '../../cli/text.ts';
import type { Order } from '../../database/paginate.ts';
import { columnsOf, sortKeysOf, storedColumnsOf } from '../../database/row.ts';
import { searchedColumns } from '../../database/search.ts';
import { InvalidInputError } from '../../errors.ts';
import { canBeDisabled, type Noun } from './noun.ts';

export interface ListOptions {
  page?: number;
  pageSize?: number;
  limit?: number;
  all?: boolean;
  after?: string;
  exactTotal?: boolean;
  columns?: string[];
  sort?: string;
  search?: string;
  jq?: string;
  header?: boolean;
  pager: boolean;
  /** Of rows that can be disabled. */
  enabled?: true;
  disabled?: true;
}

export function listOptions<T extends object>(command: Command, noun: Noun<T>): void {
  const texts = searchedColumns(noun.entity).map(({ column }) => column);
  if (texts.length > 0) {
    command.option('--search <text>', `only rows with this text, in any case, in ${texts.join(', ')}`);
  }
  if (canBeDisabled(noun)) {
    command
      .addOption(new Option('--enabled', 'only enabled ones').conflicts('disabled'))
      .option('--disabled', 'only disabled ones');
  }
  command
    .option('--sort <column>', 'order by this column; -COLUMN for the reverse')
    .option('--columns <names>', 'only these columns, separated by commas', commaSeparated)
    .addOption(new Option('--limit <n>', 'at most this many rows').argParser(wholeNumber).conflicts(PAGE))
    .addOption(new Option('--all', 'all rows, also on a terminal').conflicts([...PAGE, 'limit']))
    .option('--page <n>', 'one page, from 1; -1 is the last page, -2 the one before', pageNumber)
    .option('--page-size <n>', 'rows per page, 1 to 1000; default 50', wholeNumber)
    .addOption(new Option(`--after <${noun.singular}>`, 'only rows after this one').conflicts('page'))
    .option('--exact-total', 'count all rows for the total, even if there are more than a million')
    .option('--header', 'print the names of the columns before tab-separated rows')
    .option('--no-header', 'do not print the names of the columns of a table or CSV')
    .option('--jq <program>', 'filter the list as JSON by a program for jq; needs memory for all of it')
    .option('--no-pager', 'do not print a long list through WEBMACS_PAGER, PAGER or less');
}

const PAGE = ['page', 'pageSize'];

export function commaSeparated(text: string): string[] {
  return text.split(',').map((name) => name.trim());
}

/** The columns that are printed, as those of `Output.list`. */
export interface View {
  columns: readonly string[];
  all: readonly string[];
  /** Those that a narrow window hides first. */
  hideFirst: readonly string[];
  /** Whether JSON too has only these. */
  isChosen: boolean;
}

/** @throws InvalidInputError for an unknown column */
export function viewOf<T extends object>(em: EntityManager, noun: Noun<T>, chosen: string[] | undefined): View {
  const derived = noun.derived?.columns ?? [];
  const all = [...new Set([...columnsOf(em, noun.entity), ...derived])];
  if (chosen) {
    const unknown = chosen.find((name) => !all.includes(name));
    if (unknown !== undefined) {
      throw unknownColumn('--columns', unknown, all);
    }
    return { columns: chosen, all: chosen, hideFirst: [], isChosen: true };
  }
  const present = [...storedColumnsOf(em, noun.entity), ...derived];
  const columns = noun.columns.filter((column) => present.includes(column));
  return { columns, all, hideFirst: noun.hideFirst ?? ['public_id'], isChosen: false };
}

/** @throws InvalidInputError for a column that is not stored */
export function orderOf<T extends object>(em: EntityManager, noun: Noun<T>, sort: string | undefined): Order<T> {
  if (sort === undefined) {
    return noun.orderBy;
  }
  const column = sort.replace(/^-/, '');
  const keys = sortKeysOf(em, noun.entity);
  const property = keys.get(column);
  if (property === undefined) {
    throw unknownColumn('--sort', column, [...keys.keys()]);
  }
  // A relation is ordered by its key.
  return { [property]: sort === column ? 'asc' : 'desc' } as Order<T>;
}

function unknownColumn(option: string, name: string, known: readonly string[]): InvalidInputError {
  return new InvalidInputError(`${option}: unknown column ${quoted(name)}.`, {
    hint: `Columns: ${known.join(', ')}.`,
  });
}
