import type { Command } from '../../cli/command.ts';
import type { Context } from '../../cli/context.ts';
import { repeated } from '../../cli/parse.ts';
import { latestValues } from '../../domain/datapoints.ts';
import { type SelectionOptions, selectionOf } from './noun.ts';

const COLUMNS = ['event', 'value', 'unit', 'timestamp'];

export function declareLatest(parent: Command, ctx: Context): void {
  parent
    .command('latest')
    .description('print the last value of each event')
    .option('--event <event>', 'only this event; can be repeated', repeated)
    .runs(ctx, latest)
    .examples(['webmacs datapoints latest'], ['webmacs datapoints latest --event "Bed temperature" --json']);
}

async function latest(ctx: Context, options: SelectionOptions): Promise<void> {
  const { eventPublicIds } = await selectionOf(ctx, options);
  const rows = await ctx.progress('Reading values', async () => latestValues(await ctx.em(), eventPublicIds));
  await ctx.output.list(rows, COLUMNS, { all: [...COLUMNS, 'event_public_id'] });
}
