import type { Context } from '../../cli/context.ts';
import { quoted } from '../../cli/text.ts';
import { insertOnce } from '../../database/repository.ts';
import { capitalised, type Known, type Noun, nameOf, rowOf } from './noun.ts';

/** The options of every `create`. */
export interface CreateOptions {
  ifNotExists?: boolean;
}

export const IF_NOT_EXISTS = ['--if-not-exists', 'keep an existing one unchanged, and exit 0'] as const;

/**
 * Creates a row and prints it. With `--if-not-exists` an existing row of the same natural key is printed, and `insert` is
 * not called, so that a repeated call neither prompts nor fails.
 * @param secrets returns what was generated for the row and is shown only once
 * @returns the row, and whether it was created
 */
export async function createRow<T extends Known>(
  ctx: Context,
  noun: Noun<T>,
  key: string,
  options: CreateOptions,
  insert: () => Promise<T>,
  secrets: () => Record<string, string> = () => ({}),
): Promise<{ item: T; created: boolean }> {
  const made = await insertOnce(await ctx.em(noun.entity), noun, key, options.ifNotExists === true, insert);
  await printMade(ctx, noun, made, secrets());
  return made;
}

/** Prints a row that was created, or already existed. */
export async function printMade<T extends Known>(
  ctx: Context,
  noun: Noun<T>,
  { item, created }: { item: T; created: boolean },
  secrets: Record<string, string> = {},
): Promise<void> {
  const name = `${capitalised(noun.singular)} ${quoted(nameOf(noun, item))}`;
  const message = created
    ? ctx.output.success(`${name} ${noun.made ?? 'created'} (${item.publicId}).`)
    : `${name} already exists (${item.publicId}).`;
  await ctx.output.changed(message, await rowOf(ctx, noun, item), secrets);
}
