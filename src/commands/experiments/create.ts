import type { Command } from '../../cli/command.ts';
import type { Context } from '../../cli/context.ts';
import { createExperiment, updateExperiment } from '../../domain/experiments.ts';
import { confirmCreate } from '../standard/confirm-create.ts';
import { type CreateOptions, createOptions, createRow } from '../standard/create.ts';
import { owner } from '../standard/owner.ts';
import { EXPERIMENTS } from './noun.ts';
import { type TimesOptions, timesOf, timesOptions } from './times.ts';

export function declareCreate(parent: Command, ctx: Context): void {
  parent
    .command('create')
    .argument('<name>', 'name of the experiment, unique')
    .description('record a finished experiment, without a log entry or notification')
    .with(timesOptions)
    .with(createOptions)
    .runs(ctx, create)
    .examples(
      ['webmacs experiments create "Run 6" --started-on "2026-11-25 16:00" --stopped-on "2026-11-25 18:00"'],
      ['webmacs experiments start "Run 7" --at -10m', 'for one that is running'],
    );
}

async function create(ctx: Context, name: string, options: CreateOptions & TimesOptions): Promise<void> {
  const insert = async () => {
    const given = await ctx.prompts.missing(options, {
      startedOn: { option: '--started-on', ask: 'When it started' },
      stoppedOn: { option: '--stopped-on', ask: 'When it stopped' },
    });
    const { startedOn = '', stoppedOn = '' } = await timesOf(ctx, given);
    const definition = { name, startedOn, stoppedOn };
    const { publicId, username } = await owner(ctx);
    await confirmCreate(ctx, EXPERIMENTS, { ...definition, owner: username });
    return await createExperiment(await ctx.em(EXPERIMENTS.entity), definition, publicId);
  };
  const values = async () => await timesOf(ctx, options);
  await createRow(ctx, EXPERIMENTS, name, options, insert, { values, update: updateExperiment });
}
