import { type Command, Option } from 'commander';
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
      .description(enabled ? `put the ${noun.singular} to use` : `put the ${noun.singular} out of use, and keep it`)
      .action(async (given: string) => await switchRow(ctx, noun, given, enabled));
    examples(command, [`${wordsOf(parent)} ${verb} ${noun.key ? 'NAME' : 'PUBLIC_ID'}`]);
  }
}

/** What narrows a list of rows that can be switched. */
export interface SwitchFilter {
  enabled?: true;
  disabled?: true;
}

/** Adds the options of a list that tell what is in use from what is not. */
export function switchOptions(command: Command): Command {
  return command
    .addOption(new Option('--enabled', 'only what is in use').conflicts('disabled'))
    .option('--disabled', 'only what is out of use');
}

/** The condition that the options make. */
export function switchFilter({ enabled, disabled }: SwitchFilter): { enabled?: boolean } {
  return enabled ? { enabled: true } : disabled ? { enabled: false } : {};
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
  await ctx.output.changed(ctx.output.success(message), await rowOf(ctx, noun, item));
}
