import type { Command } from '../../cli/command.ts';
import type { Context } from '../../cli/context.ts';
import { repeated } from '../../cli/parse.ts';
import { type SelectionOptions, selectionOf } from '../datapoints/noun.ts';
import { exportTo, type OutputOptions, outputOptions } from '../export/export-to.ts';
import { type FormOptions, formOptions } from '../export/form-options.ts';
import { argumentHelp, find } from '../standard/noun.ts';
import { timeRangeOptions } from '../standard/time-range.ts';
import { EXPERIMENTS } from './noun.ts';

/** The file has the time zone only if it is given here: what reads it must not depend on a setting of who wrote it. */
const TIMES = 'times without an offset, and if given here, of the times in the file (else UTC)';

type ExportOptions = Pick<SelectionOptions, 'from' | 'to' | 'event'> & OutputOptions & FormOptions;

export function declareExport(parent: Command, ctx: Context): void {
  parent
    .command('export')
    .argument('<experiment>', argumentHelp(EXPERIMENTS))
    .description('export the datapoints of an experiment to a file, ordered by time')
    .with(outputOptions)
    .option('--event <event>', 'only this event; can be repeated', repeated)
    .runs(ctx, exportCsv)
    .with((command) => timeRangeOptions(command, TIMES))
    .with(formOptions)
    .examples(
      ['webmacs experiments export "Run 7"', 'to experiment_Run_7_….csv'],
      ['webmacs experiments export "Run 7" -o run7.csv.zst --force'],
      ['webmacs experiments export "Run 7" --excel=de --timezone Europe/Berlin'],
      ['webmacs experiments export "Run 7" --event "Bed temperature" --from -2h -o - | head'],
    );
}

async function exportCsv(ctx: Context, given: string, options: ExportOptions): Promise<void> {
  const experiment = await find(ctx, EXPERIMENTS, given);
  const request = { ...(await selectionOf(ctx, options)), experimentPublicId: experiment.publicId };
  await exportTo(ctx, await ctx.pool(), experiment, request, options);
}
