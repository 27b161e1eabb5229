import type { Command } from '../../cli/command.ts';
import type { Context } from '../../cli/context.ts';
import { startExperiment } from '../../domain/experiments.ts';
import { Experiment, LogEntry } from '../../entities/index.ts';
import { isoTimestamp } from '../../entities/types.ts';
import { confirmCreate } from '../standard/confirm-create.ts';
import { type CreateOptions, createOptions, createRow } from '../standard/create.ts';
import { owner } from '../standard/owner.ts';
import { type AtOption, atOf, atOption } from './at.ts';
import { type NotifyOptions, notifyOf, notifyOption } from './notify.ts';
import { EXPERIMENTS } from './noun.ts';

interface StartOptions extends CreateOptions, NotifyOptions, AtOption {
  concurrent?: boolean;
}

export function declareStart(parent: Command, ctx: Context): void {
  parent
    .command('start')
    .argument('<name>', 'name of the new experiment, unique')
    .description('start an experiment and log it')
    .option('--concurrent', 'even if another experiment is running')
    .with((command) => createOptions(command, { updates: false }))
    .runs(ctx, start)
    .with(notifyOption)
    .with(atOption)
    .examples(
      ['webmacs experiments start "Run 7"'],
      ['webmacs experiments start "Run 8" --as alice --concurrent'],
      ['webmacs experiments start "Run 9" --at -10m'],
    );
}

async function start(ctx: Context, name: string, options: StartOptions): Promise<void> {
  const at = await atOf(ctx, options);
  const insert = async () => {
    const { publicId, username } = await owner(ctx);
    await confirmCreate(ctx, EXPERIMENTS, { name, startedOn: at, owner: username });
    const settings = { concurrent: options.concurrent === true, at: at ?? ctx.now().toISOString() };
    return await startExperiment(await ctx.em(Experiment, LogEntry), name, publicId, settings);
  };
  const noun = { ...EXPERIMENTS, made: 'started' };
  const { item, created } = await createRow(ctx, noun, name, options, insert, {
    // It is to be running.
    values: () => ({ startedOn: at === undefined ? undefined : isoTimestamp(at), stoppedOn: null }),
  });
  if (created) {
    await notifyOf(ctx, 'started', item, options);
  }
}
