import type { Command } from '../../cli/command.ts';
import type { Context } from '../../cli/context.ts';
import type { ExperimentRow } from '../../domain/experiments.ts';
import { InvalidInputError } from '../../errors.ts';
import { type OutputOptions, outputOptions } from '../export/export-to.ts';
import { type FormOptions, formOptions } from '../export/form-options.ts';
import { exportSelection, layoutOption, type SelectionOptions, selectionOptions } from '../export/selection.ts';
import { archiveOption } from '../standard/archive.ts';
import { askForRow } from '../standard/choices.ts';
import { argumentHelp, findEach } from '../standard/noun.ts';
import { EXPERIMENTS } from './noun.ts';

type ExportOptions = SelectionOptions & OutputOptions & FormOptions & { all?: boolean };

export function declareExport(parent: Command, ctx: Context): void {
  parent
    .command('export')
    .argument('[experiment...]', argumentHelp(EXPERIMENTS))
    .description('export the datapoints of experiments, ordered by time')
    .optionsGroup('Which datapoints:')
    .option('--all', 'all experiments')
    .runs(ctx, exportExperiments)
    .with(selectionOptions)
    .with(archiveOption)
    .with(formOptions)
    .with(outputOptions)
    .with((command) => layoutOption(command, 'one-file for one experiment, else per-experiment'))
    .examples(
      ['webmacs experiments export "Run 7"', 'to experiment_Run_7_….csv'],
      ['webmacs experiments export "Run 7" > run7.csv', 'as with -o -, which a pipe needs, and cron'],
      ['webmacs experiments export "Run 7" -o run7.csv.zst --force'],
      ['webmacs experiments export "Run 7" -o run7.csv --resume --checksum', 'continues if it was interrupted'],
      ['webmacs experiments export "Run 7" --dry-run', 'how many rows and bytes it would be'],
      ['webmacs experiments export "Run 7" --excel=de --timezone Europe/Berlin'],
      ['webmacs experiments export "Run 7" --every 1min --aggregate mean,max --wide'],
      ['webmacs experiments export "Run 7" -o run7.parquet --no-ids', 'for pandas, Polars, DuckDB or R'],
      ['webmacs experiments export "Run 7" -o run7.xlsx'],
      ['webmacs experiments export "Run 7" --event "Bed temperature" --from -2h -o - | head'],
      ['webmacs experiments export "Run 7" --event "Zone *" --from +10min --to -5min', 'without start and end'],
      ['webmacs experiments export --all -o runs/', 'a file for each'],
      ['webmacs experiments export "Run 7" "Run 8" --layout one-file -o both.csv'],
    );
}

async function exportExperiments(ctx: Context, given: string[], options: ExportOptions): Promise<void> {
  const experiments = await chosen(ctx, given, options.all === true);
  if (experiments.length === 0) {
    return await ctx.output.nothing('Nothing was exported: there are no experiments.', { files: [], rows: 0 });
  }
  const isOne = options.all !== true && experiments.length === 1;
  await exportSelection(ctx, experiments, options.layout ?? (isOne ? 'one-file' : 'per-experiment'), options);
}

async function chosen(ctx: Context, given: readonly string[], all: boolean): Promise<ExperimentRow[]> {
  if (all && given.length > 0) {
    throw new InvalidInputError('Pass either experiments or --all, not both.');
  }
  if (!all && given.length === 0 && !ctx.prompts.canAsk) {
    throw new InvalidInputError('Name an experiment.', {
      hint: 'Pass its name or public id, or --all. "webmacs experiments list" shows them.',
    });
  }
  if (all) {
    return await (await ctx.em(EXPERIMENTS.entity)).find(EXPERIMENTS.entity, {}, { orderBy: { id: 'asc' } });
  }
  const names = given.length > 0 ? given : [await askForRow(ctx, EXPERIMENTS, 'EXPERIMENT or --all')];
  return await findEach(ctx, EXPERIMENTS, names);
}
