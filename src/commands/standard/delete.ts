import type { EntityManager } from '@mikro-orm/postgresql';
import { type Command, wordsOf } from '../../cli/command.ts';
import type { Context } from '../../cli/context.ts';
import { capitalised, counted, quoted } from '../../cli/text.ts';
import {
  type Consequences,
  consequencesOfDelete,
  type DependentRows,
  deleteDependents,
} from '../../database/cascade.ts';
import { deleteByPublicId } from '../../database/repository.ts';
import { rowArgument } from './choices.ts';
import { exampleOf, find, type Identified, type Noun, nameOf, referenceOf } from './noun.ts';

export interface DeleteOptions {
  dryRun?: boolean;
  force?: boolean;
}

/** Throws if a rule of the domain forbids the deletion; in a transaction it also locks what the rule depends on. */
type Check<T> = (em: EntityManager, item: T, options: DeleteOptions) => Promise<void>;

/** Returns what is deleted along with the row, in addition to what the foreign keys define. */
type Along<T> = (em: EntityManager, item: T, options: DeleteOptions) => DependentRows[];

/** What another row takes over, instead of being deleted with the row. */
export interface Succession<T> {
  to: string;
  /** The property of the rows that it takes over. */
  property: string;
  count(em: EntityManager, item: T): Promise<Record<string, number>>;
  takeOver(em: EntityManager, item: T): Promise<void>;
}

/** Declares `delete`: shows what is deleted with the row, asks for confirmation, and deletes it. */
export function declareDelete<T extends Identified>(
  parent: Command,
  ctx: Context,
  noun: Noun<T>,
  check?: Check<T>,
  along?: Along<T>,
): Command {
  const words = `${wordsOf(parent)} delete`;
  return parent
    .command('delete')
    .alias('rm')
    .addArgument(rowArgument(ctx, noun))
    .description(`delete one ${noun.singular} and everything that belongs to it`)
    .option('--dry-run', 'show what would be deleted, and delete nothing')
    .action(async (given: string, options: DeleteOptions) => await deleteRow(ctx, noun, given, options, check, along))
    .examples(
      [`${words} ${exampleOf(noun)}`, 'shows what is deleted with it, and asks for confirmation'],
      [`${words} ${exampleOf(noun)} --yes`, 'in a script'],
      [`${words} ${exampleOf(noun)} --dry-run`],
    );
}

export async function deleteRow<T extends Identified>(
  ctx: Context,
  noun: Noun<T>,
  given: string,
  options: DeleteOptions,
  check: Check<T> = async () => {},
  along: Along<T> = () => [],
  succession?: Succession<T>,
): Promise<void> {
  const item = await find(ctx, noun, given);
  const name = nameOf(noun, item);
  const title = `${noun.singular} ${quoted(name)}`;
  const em = await ctx.em();
  await check(em, item, options);
  const dependents = along(em, item, options);
  const reassigned = await succession?.count(em, item);
  const consequences = {
    ...(await ctx.progress('Counting what belongs to it', async () =>
      consequencesOfDelete(em, noun.entity, item, dependents, succession?.property),
    )),
    ...(reassigned ? { reassigned } : {}),
  };
  const summary = `${describe(consequences)}${succession ? describeSuccession(succession.to, reassigned) : ''}`;
  if (options.dryRun) {
    await ctx.output.done(`Would delete ${title}${summary}.`, { [noun.singular]: name, ...consequences });
    return;
  }
  if (!(await ctx.confirm(`Delete ${title}?`, `This deletes ${title}${summary}.`))) {
    return await ctx.output.done('Nothing was deleted.', { status: 'cancelled' });
  }
  const { status } = await ctx.progress(`Deleting ${title}`, async () =>
    em.transactional(async (inner) => {
      // Checked again, now that nobody else can change it.
      await check(inner, item, options);
      await succession?.takeOver(inner, item);
      await deleteDependents(inner, item.id, along(inner, item, options));
      return await deleteByPublicId(inner, noun.entity, referenceOf(item), capitalised(noun.singular));
    }),
  );
  const message = `${capitalised(title)} deleted${summary}.`;
  await ctx.output.done(ctx.output.success(message), { status, message, ...consequences });
}

/** Describes the consequences: `, with 3 events and 12,000 datapoints; 2 dashboard widgets are kept and lose their reference`. */
function describe({ deleted, detached }: Consequences): string {
  const lost = countedRows(deleted);
  const loose = countedRows(detached);
  const lose =
    Object.values(detached).join() === '1' ? 'is kept and loses its reference' : 'are kept and lose their reference';
  return `${lost.length > 0 ? `, with ${joined(lost)}` : ''}${loose.length > 0 ? `; ${joined(loose)} ${lose}` : ''}`;
}

/** Describes what another row takes over: `; 3 events and 1 dashboard pass to "alice"`. */
function describeSuccession(to: string, rows: Record<string, number> = {}): string {
  const taken = countedRows(rows);
  const verb = Object.values(rows).join() === '1' ? 'passes' : 'pass';
  return taken.length > 0 ? `; ${joined(taken)} ${verb} to ${quoted(to)}` : '';
}

/** Counts rows by the names of their tables: `3 webhook deliveries`. */
export function countedRows(rows: Readonly<Record<string, number>>): string[] {
  return Object.entries(rows).map(([table, count]) => {
    const many = table.replaceAll('_', ' ');
    return counted(count, many.replace(/ies$/, 'y').replace(/s$/, ''), many);
  });
}

function joined(words: string[]): string {
  return words.length > 1 ? `${words.slice(0, -1).join(', ')} and ${words.at(-1)}` : (words[0] ?? '');
}
