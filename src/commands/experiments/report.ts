import type { Command } from '../../cli/command.ts';
import type { Context } from '../../cli/context.ts';
import { shownTimezone } from '../../cli/timezone.ts';
import { requestOf, type SelectionOptions, selectionOptions } from '../export/selection.ts';
import { type PageOutput, pageOutputOptions, writePage } from '../page/write-page.ts';
import { rowArgument } from '../standard/choices.ts';
import { find } from '../standard/noun.ts';
import { EXPERIMENTS } from './noun.ts';

type ReportOptions = SelectionOptions & PageOutput & { full?: boolean };

const CONTENTS = `
The file needs no network and no other file, and opens in any browser: charts that zoom, figures, gaps and values out of range,
the thresholds of rules, entries of the log, and when today's rules would have triggered. It has buckets of time with the least and
the greatest value of each, so that no peak is lost, and stays below 1.5 MB; an experiment of few datapoints is in it completely.
`;

export function declareReport(parent: Command, ctx: Context): void {
  parent
    .command('report')
    .addArgument(rowArgument(ctx, EXPERIMENTS))
    .description('write charts, figures and log of an experiment to one HTML file')
    .runs(ctx, reportExperiment)
    .with((command) => selectionOptions(command, 'times without an offset, and of the report'))
    .with((command) => pageOutputOptions(command, 'default: experiment_NAME_ID.html'))
    .option('--full', 'embed up to five times as many buckets, in a file of any size')
    .note(CONTENTS)
    .examples(
      ['webmacs experiments report "Run 7" -o run7.html'],
      ['webmacs experiments report "Run 7" --event "Zone *" --from +10min --to -5min', 'to experiment_Run_7_….html'],
      ['webmacs experiments report "Run 7" -o run7.html --timezone Europe/Berlin --force'],
    );
}

async function reportExperiment(ctx: Context, given: string, options: ReportOptions): Promise<void> {
  const experiment = await find(ctx, EXPERIMENTS, given);
  const selection = await requestOf(ctx, [experiment], options);
  await writePage(ctx, { experiment }, options, async (onProgress) => {
    const { reportPage } = await import('../../report/report.ts');
    return await reportPage(
      ...([await ctx.pool(), await ctx.em()] as const),
      { experiment, selection, zone: shownTimezone(ctx), now: ctx.now() },
      { full: options.full === true, signal: ctx.signal, onProgress },
    );
  });
}
