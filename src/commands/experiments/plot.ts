import type { Command } from '../../cli/command.ts';
import type { Context } from '../../cli/context.ts';
import { requestOf } from '../export/selection.ts';
import { type PlotOptions, plotOptions } from '../plot/options.ts';
import { rowArgument } from '../standard/choices.ts';
import { find } from '../standard/noun.ts';
import { EXPERIMENTS } from './noun.ts';

export function declarePlot(parent: Command, ctx: Context): void {
  parent
    .command('plot')
    .addArgument(rowArgument(ctx, EXPERIMENTS))
    .description('draw the values of an experiment over time')
    .runs(ctx, plotExperiment)
    .with(plotOptions)
    .examples(
      ['webmacs experiments plot "Run 7"'],
      ['webmacs experiments plot "Run 7" --event "Zone *" --from +10min --to -5min', 'without start and end'],
      ['webmacs experiments plot "Run 7" -o run7.svg', 'for a paper'],
    );
}

async function plotExperiment(ctx: Context, given: string, options: PlotOptions): Promise<void> {
  const experiment = await find(ctx, EXPERIMENTS, given);
  const selection = await requestOf(ctx, [experiment], options);
  const { plot } = await import('../plot/plot.ts');
  await plot(ctx, { experiment: experiment.name, selection }, options);
}
