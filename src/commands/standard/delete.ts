import type { EntityManager } from '@mikro-orm/postgresql';
import type { Command } from 'commander';
import type { Context } from '../../cli/context.ts';
import { examples, wordsOf } from '../../cli/examples.ts';
import { grouped, quoted } from '../../cli/text.ts';
import {
  type Consequences,
  consequencesOfDelete,
  type DependentRows,
  deleteDependents,
} from '../../database/cascade.ts';
import { deleteByPublicId } from '../../database/repository.ts';
import { capitalised, find, type Identified, type Noun, nameOf, referenceOf } from './noun.ts';
import { argumentHelp, exampleOf } from './show.ts';

export interface DeleteOptions {
  dryRun?: boolean;
  force?: boolean;
}

/** Refuses a deletion that a rule of the domain forbids; inside a transaction it also locks what the rule depends on. */
export type Check<T> = (em: EntityManager, item: T, options: DeleteOptions) => Promise<void>;

/** What goes with the row besides what the foreign keys say. */
export type Along<T> = (em: EntityManager, item: T, options: DeleteOptions) => DependentRows[];

/** Declares `delete`: says what goes with the row, asks, and deletes it. */
export function declareDelete<T extends Identified>(
  parent: Command,
  ctx: Context,
  noun: Noun<T>,
  check: Check<T> = async () => {},
  along: Along<T> = () => [],
): Command {
  const words = `${wordsOf(parent)} delete`;
  const command = parent
    .command('delete')
    .alias('rm')
    .argument(`<${noun.singular}>`, argumentHelp(noun))
    .description(`delete one ${noun.singular}, and what belongs to it`)
    .option('--dry-run', 'say what would be deleted, and delete nothing')
    .action(async (given: string, options: DeleteOptions) => await deleteRow(ctx, noun, given, options, check, along));
  return examples(
    command,
    [`${words} ${exampleOf(noun)}`, 'says what goes with it, and asks'],
    [`${words} ${exampleOf(noun)} --yes`, 'in a script'],
    [`${words} ${exampleOf(noun)} --dry-run`],
  );
}

/** Deletes one row after showing what goes with it. */
export async function deleteRow<T extends Identified>(
  ctx: Context,
  noun: Noun<T>,
  given: string,
  options: DeleteOptions,
  check: Check<T>,
  along: Along<T> = () => [],
): Promise<void> {
  const item = await find(ctx, noun, given);
  const name = nameOf(noun, item);
  const title = `${noun.singular} ${quoted(name)}`;
  const em = await ctx.em();
  await check(em, item, options);
  const consequences = await consequencesOfDelete(em, noun.entity, item, along(em, item, options));
  const summary = inWords(consequences);
  if (options.dryRun) {
    const { deleted, detached } = consequences;
    await ctx.output.done(`Would delete ${title}${summary}.`, { [noun.singular]: name, deleted, detached });
    return;
  }
  if (!ctx.yes && !(await ctx.prompts.confirm(`Delete ${title}?`, `This deletes ${title}${summary}.`))) {
    return await ctx.output.done('Nothing was deleted.', { status: 'cancelled' });
  }
  const { status } = await em.transactional(async (inner) => {
    // Again, now that nobody can change it any more.
    await check(inner, item, options);
    await deleteDependents(inner, item.id, along(inner, item, options));
    return await deleteByPublicId(inner, noun.entity, referenceOf(item), capitalised(noun.singular));
  });
  const message = `${capitalised(title)} deleted${summary}.`;
  await ctx.output.done(ctx.output.success(message), { status, message, ...consequences });
}

/** `, with 3 events and 12,000 datapoints; 2 dashboard widgets lose their reference`. */
function inWords({ deleted, detached }: Consequences): string {
  const list = (rows: Record<string, number>) =>
    Object.entries(rows).map(
      ([table, count]) => `${grouped(count)} ${count === 1 ? singular(table) : table.replaceAll('_', ' ')}`,
    );
  const gone = list(deleted);
  const loose = list(detached);
  const lose = Object.values(detached).join() === '1' ? 'loses its reference' : 'lose their reference';
  return `${gone.length > 0 ? `, with ${joined(gone)}` : ''}${loose.length > 0 ? `; ${joined(loose)} ${lose}` : ''}`;
}

function singular(table: string): string {
  return table.replaceAll('_', ' ').replace(/ies$/, 'y').replace(/s$/, '');
}

function joined(words: string[]): string {
  return words.length > 1 ? `${words.slice(0, -1).join(', ')} and ${words.at(-1)}` : (words[0] ?? '');
}
