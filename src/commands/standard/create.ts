import type { Context } from '../../cli/context.ts';
import { quoted } from '../../cli/text.ts';
import { insertOnce } from '../../database/repository.ts';
import { capitalised, type Known, type Noun, nameOf, rowOf } from './noun.ts';

/** What every create takes. */
export interface CreateOptions {
  ifNotExists?: boolean;
}

export const IF_NOT_EXISTS = ['--if-not-exists', 'leave an existing one as it is, and exit 0'] as const;

/**
 * Makes a row and prints it. With `--if-not-exists` a row of the same natural key is printed as it is, and `insert` is
 * not called, so that a re-run neither asks nor fails.
 * @param secrets what was made up for the row and has to be shown, this once
 */
export async function createRow<T extends Known>(
  ctx: Context,
  noun: Noun<T>,
  key: string,
  options: CreateOptions,
  insert: () => Promise<T>,
  secrets: () => Record<string, string> = () => ({}),
): Promise<void> {
  const made = await insertOnce(await ctx.em(), noun, key, options.ifNotExists === true, insert);
  await printMade(ctx, noun, made, secrets());
}

/** Prints a row that was made now, or was there already. */
export async function printMade<T extends Known>(
  ctx: Context,
  noun: Noun<T>,
  { item, created }: { item: T; created: boolean },
  secrets: Record<string, string> = {},
): Promise<void> {
  const name = `${capitalised(noun.singular)} ${quoted(nameOf(noun, item))}`;
  const message = created
    ? ctx.output.success(`${name} ${noun.made ?? 'created'} (${item.publicId}).`)
    : `${name} exists already (${item.publicId}).`;
  await ctx.output.changed(message, await rowOf(ctx, noun, item), secrets);
}
