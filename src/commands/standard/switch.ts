import { type Command, wordsOf } from '../../cli/command.ts';
import type { Context } from '../../cli/context.ts';
import { capitalised, quoted } from '../../cli/text.ts';
import { rowArgument } from './choices.ts';
import { exampleOf, find, type Known, type Noun, nameOf, rowOf } from './noun.ts';

type Switchable = Known & { enabled: boolean };

/** Declares `enable` and `disable`. Both are idempotent. */
export function declareSwitch<T extends Switchable>(parent: Command, ctx: Context, noun: Noun<T>): void {
  for (const enabled of [true, false]) {
    const verb = enabled ? 'enable' : 'disable';
    parent
      .command(verb)
      .addArgument(rowArgument(ctx, noun))
      .description(enabled ? `enable one ${noun.singular}` : `disable one ${noun.singular} without deleting it`)
      .action(async (given: string) => await switchRow(ctx, noun, given, enabled))
      .examples([`${wordsOf(parent)} ${verb} ${exampleOf(noun)}`]);
  }
}

async function switchRow<T extends Switchable>(
  ctx: Context,
  noun: Noun<T>,
  given: string,
  enabled: boolean,
): Promise<void> {
  const item = await find(ctx, noun, given);
  item.enabled = enabled;
  await (await ctx.em(noun.entity)).flush();
  const message = `${capitalised(noun.singular)} ${quoted(nameOf(noun, item))} is ${enabled ? 'enabled' : 'disabled'}.`;
  await ctx.output.changed(ctx.output.success(message), await rowOf(ctx, noun, item));
}
