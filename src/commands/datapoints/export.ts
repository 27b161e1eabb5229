import { Option } from 'commander';
import type { Command } from '../../cli/command.ts';
import type { Context } from '../../cli/context.ts';
import { repeated } from '../../cli/parse.ts';
import { EXPERIMENTS } from '../experiments/noun.ts';
import { type OutputOptions, outputOptions } from '../export/export-to.ts';
import { type FormOptions, formOptions } from '../export/form-options.ts';
import { exportSelection, layoutOption, type SelectionOptions, selectionOptions } from '../export/selection.ts';
import { archiveOption } from '../standard/archive.ts';
import { findEach } from '../standard/noun.ts';

interface ExportOptions extends SelectionOptions, OutputOptions, FormOptions {
  experiment?: string[];
  withoutExperiment?: boolean;
}

export function declareExport(parent: Command, ctx: Context): void {
  parent
    .command('export')
    .description('export datapoints of any experiment or none, ordered by time; all of them without options')
    .optionsGroup('Which datapoints:')
    .option('--experiment <experiment>', 'only this experiment; can be repeated', repeated)
    .addOption(new Option('--without-experiment', 'only those without an experiment').conflicts('experiment'))
    .runs(ctx, exportDatapoints)
    .with(selectionOptions)
    .with(archiveOption)
    .with(formOptions)
    .with(outputOptions)
    .with((command) => layoutOption(command, 'one-file'))
    .note(COLUMNS)
    .examples(
      ['webmacs datapoints export --event "Air flow" --from yesterday --to today', 'to datapoints.csv'],
      ['webmacs datapoints export --without-experiment -o stray.csv.gz'],
      ['webmacs datapoints export --event "Zone *" --layout per-event -o zones/'],
    );
}

const COLUMNS = `
Where the datapoints may belong to different experiments, each row has the name and the public id of its own, or none; with --wide or
--every, a row has the values of its time, whatever experiment they belong to.`;

async function exportDatapoints(ctx: Context, options: ExportOptions): Promise<void> {
  const { experiment, withoutExperiment, layout = 'one-file' } = options;
  const none = withoutExperiment ? null : undefined;
  const experiments = experiment ? await findEach(ctx, EXPERIMENTS, experiment) : none;
  await exportSelection(ctx, experiments, layout, options);
}
