import type { Command } from '../../cli/command.ts';
import type { Context } from '../../cli/context.ts';
import { quoted } from '../../cli/text.ts';
import { updateExperiment } from '../../domain/experiments.ts';
import { rowArgument } from '../standard/choices.ts';
import { find, rowOf } from '../standard/noun.ts';
import { warnOfTwin } from '../standard/twins.ts';
import { EXPERIMENTS } from './noun.ts';

export function declareRename(parent: Command, ctx: Context): void {
  parent
    .command('rename')
    .addArgument(rowArgument(ctx, EXPERIMENTS))
    .argument('<name>', 'new name, unique')
    .description('rename an experiment')
    .runs(ctx, rename)
    .examples(['webmacs experiments rename "Run 7" "Run 7, wet sand"']);
}

async function rename(ctx: Context, given: string, name: string): Promise<void> {
  const before = await find(ctx, EXPERIMENTS, given);
  const old = before.name;
  const renamed = await updateExperiment(await ctx.em(EXPERIMENTS.entity), before, { name });
  const message = ctx.output.success(`Experiment ${quoted(old)} is now ${quoted(renamed.name)}.`);
  await ctx.output.changed(message, await rowOf(ctx, EXPERIMENTS, renamed));
  await warnOfTwin(ctx, EXPERIMENTS, renamed);
}
