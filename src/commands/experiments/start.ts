import type { Command } from '../../cli/command.ts';
import type { Context } from '../../cli/context.ts';
import { startExperiment } from '../../domain/experiments.ts';
import { Experiment, LogEntry } from '../../entities/index.ts';
import { type CreateOptions, createRow, IF_NOT_EXISTS } from '../standard/create.ts';
import { owner } from '../standard/owner.ts';
import { type NotifyOptions, notifyOf, notifyOption } from './notify.ts';
import { EXPERIMENTS } from './noun.ts';

interface StartOptions extends CreateOptions, NotifyOptions {
  concurrent?: boolean;
}

export function declareStart(parent: Command, ctx: Context): void {
  parent
    .command('start')
    .argument('<name>', 'name of the new experiment, unique')
    .description('start an experiment and log it')
    .option('--concurrent', 'even if another experiment is running')
    .option(...IF_NOT_EXISTS)
    .runs(ctx, start)
    .with(notifyOption)
    .examples(['webmacs experiments start "Run 7"'], ['webmacs experiments start "Run 8" --as alice --concurrent']);
}

async function start(ctx: Context, name: string, options: StartOptions): Promise<void> {
  const { item, created } = await createRow(ctx, EXPERIMENTS, name, options, async () => {
    const { publicId } = await owner(ctx);
    const settings = { concurrent: options.concurrent === true, now: ctx.now() };
    return await startExperiment(await ctx.em(Experiment, LogEntry), name, publicId, settings);
  });
  if (created) {
    await notifyOf(ctx, 'started', item, options);
  }
}
