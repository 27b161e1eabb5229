import type { Command } from 'commander';
import type { Context } from '../../cli/context.ts';
import { examples, wordsOf } from '../../cli/examples.ts';
import { find, hasPublicId, type Identified, type Noun, rowOf } from './noun.ts';

/** Declares `show`: prints one row with all its columns. */
export function declareShow<T extends Identified>(parent: Command, ctx: Context, noun: Noun<T>): Command {
  const words = `${wordsOf(parent)} show`;
  const command = parent
    .command('show')
    .argument(`<${noun.singular}>`, argumentHelp(noun))
    .description(`show one ${noun.singular} with all its columns`)
    .action(async (given: string) => await showRow(ctx, noun, given));
  return examples(
    command,
    [`${words} ${exampleOf(noun)}`],
    [`${words} ${hasPublicId(noun) ? '0198c2aa' : '7'} --json`],
  );
}

/** Prints one row. */
export async function showRow<T extends Identified>(ctx: Context, noun: Noun<T>, given: string): Promise<void> {
  await ctx.output.one(await rowOf(ctx, noun, await find(ctx, noun, given)));
}

/** Returns the placeholder of a row in examples. */
export function exampleOf<T extends object>(noun: Noun<T>): string {
  return noun.key ? 'NAME' : hasPublicId(noun) ? 'PUBLIC_ID' : 'ID';
}

/** Describes the argument that names a row. */
export function argumentHelp<T extends object>(noun: Noun<T>): string {
  if (!hasPublicId(noun)) {
    return 'id, as shown by list';
  }
  const key = noun.key?.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
  return `${key ? `${key}, ` : ''}public id, or its first 8 or more characters`;
}
