import type { Command } from 'commander';
import type { Context } from '../../cli/context.ts';
import { examples, wordsOf } from '../../cli/examples.ts';
import { quoted } from '../../cli/text.ts';
import { capitalised, find, type Known, type Noun, nameOf, rowOf } from './noun.ts';
import { argumentHelp } from './show.ts';

/** A row that can be put out of use for a while. */
export type Switchable = Known & { enabled: boolean };

/** Declares `enable` and `disable`. Either may be repeated: what is so already stays so, with exit code 0. */
export function declareSwitch<T extends Switchable>(parent: Command, ctx: Context, noun: Noun<T>): void {
  for (const enabled of [true, false]) {
    const verb = enabled ? 'enable' : 'disable';
    const command = parent
      .command(verb)
      .argument(`<${noun.singular}>`, argumentHelp(noun))
      .description(enabled ? `put a ${noun.singular} to use` : `put a ${noun.singular} out of use, and keep it`)
      .action(async (given: string) => await switchRow(ctx, noun, given, enabled));
    examples(command, [`${wordsOf(parent)} ${verb} ${noun.key ? 'NAME' : 'PUBLIC_ID'}`]);
  }
}

/** Puts a row to use or out of use. */
export async function switchRow<T extends Switchable>(
  ctx: Context,
  noun: Noun<T>,
  given: string,
  enabled: boolean,
): Promise<void> {
  const item = await find(ctx, noun, given);
  item.enabled = enabled;
  await (await ctx.em()).flush();
  const message = `${capitalised(noun.singular)} ${quoted(nameOf(noun, item))} is ${enabled ? 'enabled' : 'disabled'}.`;
  await ctx.output.changed(`${ctx.output.style.green('✓')} ${message}`, await rowOf(ctx, noun, item));
}
