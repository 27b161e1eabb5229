import type { Command } from 'commander';
import type { Context } from '../../cli/context.ts';
import { examples, wordsOf } from '../../cli/examples.ts';
import { find, type Known, type Noun, rowOf } from './noun.ts';

/** Declares `show`: one row with all its columns. */
export function declareShow<T extends Known>(parent: Command, ctx: Context, noun: Noun<T>): Command {
  const words = `${wordsOf(parent)} show`;
  const command = parent
    .command('show')
    .argument(`<${noun.singular}>`, argumentHelp(noun))
    .description(`show one ${noun.singular} with all its columns`)
    .action(async (given: string) => await showRow(ctx, noun, given));
  return examples(command, [`${words} ${noun.key ? 'NAME' : 'PUBLIC_ID'}`], [`${words} 0198c2aa --json`]);
}

/** Prints one row. */
export async function showRow<T extends Known>(ctx: Context, noun: Noun<T>, given: string): Promise<void> {
  await ctx.output.one(await rowOf(ctx, noun, await find(ctx, noun, given)));
}

/** How a row can be named on the command line. */
export function argumentHelp<T extends object>(noun: Noun<T>): string {
  const key = noun.key?.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
  return `${key ? `${key}, ` : ''}public id, or its first 8 characters or more`;
}
