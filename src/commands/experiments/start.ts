import type { Command } from '../../cli/command.ts';
import type { Context } from '../../cli/context.ts';
import { startExperiment } from '../../domain/experiments.ts';
import { type CreateOptions, createRow, IF_NOT_EXISTS } from '../standard/create.ts';
import { owner } from '../standard/owner.ts';
import { EXPERIMENTS } from './noun.ts';

export function declareStart(parent: Command, ctx: Context): void {
  parent
    .command('start')
    .argument('<name>', 'name of the new experiment, unique')
    .description('start an experiment and log it')
    .option('--concurrent', 'even if another experiment is running')
    .option(...IF_NOT_EXISTS)
    .runs(ctx, start)
    .examples(['webmacs experiments start "Run 7"'], ['webmacs experiments start "Run 8" --as alice --concurrent']);
}

async function start(ctx: Context, name: string, options: CreateOptions & { concurrent?: boolean }): Promise<void> {
  await createRow(ctx, EXPERIMENTS, name, options, async () => {
    const { publicId } = await owner(ctx);
    const settings = { concurrent: options.concurrent === true, now: ctx.now() };
    return await startExperiment(await ctx.em(), name, publicId, settings);
  });
}
