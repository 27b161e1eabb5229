import type { Command } from '../../cli/command.ts';
import type { Context } from '../../cli/context.ts';
import { quoted } from '../../cli/text.ts';
import { activeExperiments, type ExperimentRow, stopExperiment } from '../../domain/experiments.ts';
import { Experiment, LogEntry } from '../../entities/index.ts';
import { ConflictError, NotFoundError } from '../../errors.ts';
import { askForRow } from '../standard/choices.ts';
import { argumentHelp, find, rowOf } from '../standard/noun.ts';
import { owner } from '../standard/owner.ts';
import { type AtOption, atOf, atOption } from './at.ts';
import { type NotifyOptions, notifyOf, notifyOption } from './notify.ts';
import { EXPERIMENTS } from './noun.ts';

export function declareStop(parent: Command, ctx: Context): void {
  parent
    .command('stop')
    .argument('[experiment]', `${argumentHelp(EXPERIMENTS)}; default: the running one`)
    .description('stop an experiment and log it')
    .runs(ctx, stop)
    .with(notifyOption)
    .with(atOption)
    .examples(['webmacs experiments stop'], ['webmacs experiments stop "Run 7"']);
}

async function stop(ctx: Context, given: string | undefined, options: NotifyOptions & AtOption): Promise<void> {
  const at = (await atOf(ctx, options)) ?? ctx.now().toISOString();
  const em = await ctx.em(Experiment, LogEntry);
  const running = given === undefined ? await onlyActive(ctx) : await find(ctx, EXPERIMENTS, given);
  const stopped = await stopExperiment(em, running, (await owner(ctx)).publicId, at);
  const message = ctx.output.success(`Experiment ${quoted(stopped.name)} stopped.`);
  await ctx.output.changed(message, await rowOf(ctx, EXPERIMENTS, stopped));
  await notifyOf(ctx, 'stopped', stopped, options);
}

async function onlyActive(ctx: Context): Promise<ExperimentRow> {
  const [only, another] = await activeExperiments(await ctx.em(Experiment));
  if (!only) {
    throw new NotFoundError('No experiment is running.');
  }
  if (another && ctx.prompts.canAsk) {
    const given = await askForRow(ctx, EXPERIMENTS, '<experiment>', async () => ({ stoppedOn: null }));
    return await find(ctx, EXPERIMENTS, given);
  }
  if (another) {
    throw new ConflictError('More than one experiment is running.', {
      hint: 'Pass the one to stop; "webmacs experiments list --active" lists them.',
    });
  }
  return only;
}
