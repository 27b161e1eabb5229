import { type Command, wordsOf } from '../../cli/command.ts';
import type { Context } from '../../cli/context.ts';
import { argumentHelp, exampleOf, find, hasPublicId, type Identified, type Noun, rowOf } from './noun.ts';

/** Declares `show`: prints one row with all its columns. */
export function declareShow<T extends Identified>(parent: Command, ctx: Context, noun: Noun<T>): Command {
  const words = `${wordsOf(parent)} show`;
  return parent
    .command('show')
    .argument(`<${noun.singular}>`, argumentHelp(noun))
    .description(`show one ${noun.singular} with all its columns`)
    .action(async (given: string) => await showRow(ctx, noun, given))
    .examples([`${words} ${exampleOf(noun)}`], [`${words} ${hasPublicId(noun) ? '0198c2aa' : '7'} --json`]);
}

async function showRow<T extends Identified>(ctx: Context, noun: Noun<T>, given: string): Promise<void> {
  await ctx.output.one(await rowOf(ctx, noun, await find(ctx, noun, given)));
}
