import type { Command } from '../../cli/command.ts';
import type { Context } from '../../cli/context.ts';
import { rounded } from '../../cli/text.ts';
import { figuresOf, type Statistics, statisticsOf } from '../../series/figures.ts';
import { type SelectionOptions, selectionOf, selectionOptions } from './noun.ts';

const COLUMNS = ['event', 'count', 'min', 'mean', 'max', 'stddev', 'unit', 'first', 'last'];

export function declareStats(parent: Command, ctx: Context): void {
  parent
    .command('stats')
    .description('print count, extremes, mean and standard deviation of each event')
    .runs(ctx, stats)
    .with(selectionOptions)
    .examples(['webmacs datapoints stats --experiment "Run 7"'], ['webmacs datapoints stats --from -24h --json']);
}

async function stats(ctx: Context, options: SelectionOptions): Promise<void> {
  const selection = await selectionOf(ctx, options);
  const figures = await ctx.progress('Computing statistics', async () => figuresOf(await ctx.pool(), selection));
  const rows = figures.map(statisticsOf);
  await ctx.output.list(ctx.output.forPeople ? rows.map(shownRow) : rows, COLUMNS, [...COLUMNS, 'event_public_id']);
}

function shownRow({ min, max, mean, stddev, ...row }: Statistics) {
  return { ...row, min: rounded(min), max: rounded(max), mean: rounded(mean), stddev: rounded(stddev) };
}
