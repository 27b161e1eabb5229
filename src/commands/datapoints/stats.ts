import type { Command } from '../../cli/command.ts';
import type { Context } from '../../cli/context.ts';
import { rounded } from '../../cli/text.ts';
import { withSnapshot } from '../../database/snapshot.ts';
import { figuresIn, figuresOf, type Statistics, statisticsOf } from '../../series/figures.ts';
import { type ArchiveOption, archiveOption, withArchive } from '../standard/archive.ts';
import { type SelectionOptions, selectionOf, selectionOptions } from './noun.ts';

const COLUMNS = ['event', 'count', 'min', 'mean', 'max', 'stddev', 'unit', 'first', 'last'];

export function declareStats(parent: Command, ctx: Context): void {
  parent
    .command('stats')
    .description('print count, extremes, mean and standard deviation of each event')
    .runs(ctx, stats)
    .with(selectionOptions)
    .with(archiveOption)
    .examples(
      ['webmacs datapoints stats --experiment "Run 7"'],
      ['webmacs datapoints stats --from -24h --json'],
      ['webmacs datapoints stats --archive archive/'],
    );
}

async function stats(ctx: Context, options: SelectionOptions & ArchiveOption): Promise<void> {
  const selection = await selectionOf(ctx, options);
  const prepare = withArchive(ctx, options, [selection], false);
  const figures = await ctx.progress('Computing statistics', async () => {
    const pool = await ctx.pool();
    return prepare
      ? await withSnapshot(pool, ctx.signal, ({ leader }) => figuresIn(leader, selection), { prepare })
      : await figuresOf(pool, selection, ctx.signal);
  });
  const rows = figures.map(statisticsOf);
  await ctx.output.list(ctx.output.forPeople ? rows.map(shownRow) : rows, COLUMNS, {
    all: [...COLUMNS, 'event_public_id'],
  });
}

function shownRow({ min, max, mean, stddev, ...row }: Statistics) {
  return { ...row, min: rounded(min), max: rounded(max), mean: rounded(mean), stddev: rounded(stddev) };
}
