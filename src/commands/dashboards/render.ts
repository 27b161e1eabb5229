import type { Command } from '../../cli/command.ts';
import type { Context } from '../../cli/context.ts';
import { refuseWith } from '../../cli/option.ts';
import { shownTimezone } from '../../cli/timezone.ts';
import type { TimeRange } from '../../database/time-range.ts';
import { type PageOutput, pageOutputOptions, writePage } from '../page/write-page.ts';
import { rowArgument } from '../standard/choices.ts';
import { sayConnection } from '../standard/follow.ts';
import { find } from '../standard/noun.ts';
import { timeRangeOf, timeRangeOptions } from '../standard/time-range.ts';
import { DASHBOARDS } from './noun.ts';

type RenderOptions = TimeRange & PageOutput & { watch?: boolean };

export function declareRender(parent: Command, ctx: Context): void {
  parent
    .command('render')
    .addArgument(rowArgument(ctx, DASHBOARDS))
    .description('draw a dashboard with the values of its events, as one HTML file or as a page that follows them')
    .option('--watch', 'serve it to browsers on this machine, with values as they arrive, until Ctrl-C')
    .with((command) => timeRangeOptions(command, 'times without an offset, and of the page'))
    .with((command) => pageOutputOptions(command, 'default: dashboard_NAME_ID.html'))
    .runs(ctx, render)
    .note(WHAT_IS_DRAWN)
    .examples(
      ['webmacs dashboards render Overview -o board.html'],
      ['webmacs dashboards render Overview --from yesterday --to today'],
      ['webmacs dashboards render Overview --watch', 'prints the address to open'],
    );
}

const WHAT_IS_DRAWN = `
The widgets stand where they are on the grid. Charts show the six hours before the last datapoint, unless --from or --to is given; the
others show the last value, before --to if that is given. The file needs no network and no other file.
--watch prints an address with a secret in it, which only answers on this machine, and changes nothing. Its charts move on with the
values; --from is then how far back they go at first.
`;

async function render(ctx: Context, given: string, { watch, ...options }: RenderOptions): Promise<void> {
  if (watch) {
    refuseWith('--watch', options, ['output', 'force', 'to']);
  }
  const dashboard = await find(ctx, DASHBOARDS, given);
  const request = { dashboard, ...(await timeRangeOf(ctx, options)), zone: shownTimezone(ctx), signal: ctx.signal };
  if (watch) {
    const { watchBoard } = await import('../../report/watch-board.ts');
    return await watchBoard(await ctx.pool(), await ctx.em(), {
      ...request,
      now: ctx.now,
      onListening: async (url) => await ctx.output.secret('Open', url),
      onConnection: async (lost) => await sayConnection(ctx, lost),
    });
  }
  await writePage(ctx, { dashboard }, options, async () => {
    const { boardPage } = await import('../../report/board.ts');
    const { html, datapoints, events } = await boardPage(await ctx.pool(), await ctx.em(), {
      ...request,
      now: ctx.now(),
      live: null,
    });
    return { html, datapoints, events };
  });
}
