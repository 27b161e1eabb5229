import type { Command } from '../../cli/command.ts';
import type { Context } from '../../cli/context.ts';
import { EXPERIMENTS } from '../experiments/noun.ts';
import { requestOf } from '../export/selection.ts';
import { type PlotOptions, plotOptions } from '../plot/options.ts';
import { find } from '../standard/noun.ts';

const DAY = 86_400;

export function declarePlot(parent: Command, ctx: Context): void {
  parent
    .command('plot')
    .description('draw values over time; without --from, of the last 24 hours that have data')
    .optionsGroup('Which datapoints:')
    .option('--experiment <experiment>', 'only this experiment, and all of it without --from')
    .runs(ctx, plotDatapoints)
    .with(plotOptions)
    .examples(
      ['webmacs datapoints plot --event "Bed temperature"'],
      ['webmacs datapoints plot --event "Zone *" --from yesterday --to today'],
      ['webmacs datapoints plot --event Pressure --from -2h -o pressure.svg', 'for a paper'],
    );
}

async function plotDatapoints(ctx: Context, options: PlotOptions & { experiment?: string }): Promise<void> {
  const experiment = options.experiment === undefined ? undefined : await find(ctx, EXPERIMENTS, options.experiment);
  const selection = await requestOf(ctx, experiment && [experiment], options);
  const { plot } = await import('../plot/plot.ts');
  await plot(ctx, { experiment: experiment?.name, selection, ...(!experiment && { span: DAY }) }, options);
}
