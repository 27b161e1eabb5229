import type { Command } from '../../cli/command.ts';
import type { Context } from '../../cli/context.ts';
import { selectionFilter, updateDatapoint } from '../../domain/datapoints.ts';
import { EXPERIMENTS } from '../experiments/noun.ts';
import { declareList } from '../standard/list.ts';
import { findPublicId } from '../standard/noun.ts';
import { declareShow } from '../standard/show.ts';
import { declareUpdate } from '../standard/update.ts';
import { declareArchive } from './archive.ts';
import { declareAssign } from './assign.ts';
import { declareDelete } from './delete.ts';
import { declareExport } from './export.ts';
import { declareImport } from './import/import.ts';
import { declareImports } from './imports/index.ts';
import { declareInspect } from './inspect/inspect.ts';
import { declareLatest } from './latest.ts';
import { measurement } from './measurement.ts';
import { DATAPOINTS, type SelectionOptions, selectionOf, selectionOptions } from './noun.ts';
import { declarePlot } from './plot.ts';
import { declareProfiles } from './profiles/index.ts';
import { declareDatapointsPrune } from './prune.ts';
import { declareRestore } from './restore.ts';
import { declareStats } from './stats.ts';
import { declareWatch } from './watch.ts';

interface UpdateDatapointOptions {
  /** As PostgreSQL reads a double. */
  value?: string;
  /** False for none. */
  experiment?: string | false;
}

export function declareDatapoints(parent: Command, ctx: Context): void {
  declareInspect(parent, ctx);
  declareImport(parent, ctx);
  declareImports(parent, ctx);
  declareProfiles(parent, ctx);
  declareExport(parent, ctx);
  declareList(parent, ctx, DATAPOINTS, {
    declare: selectionOptions,
    examples: ['--event "Bed temperature" --from -2h', '--experiment "Run 7"'],
    where: async (context, options: SelectionOptions) => selectionFilter(await selectionOf(context, options)),
  });
  declareShow(parent, ctx, DATAPOINTS);
  declareLatest(parent, ctx);
  declareWatch(parent, ctx);
  declarePlot(parent, ctx);
  declareStats(parent, ctx);
  declareUpdate(parent, ctx, DATAPOINTS, {
    description: 'correct a value, or assign it to another experiment',
    declareOptions: (command) =>
      command
        .option('--value <number>', 'correct value; NaN and Infinity are allowed', measurement)
        .option('--experiment <experiment>', 'experiment that it belongs to')
        .option('--no-experiment', 'belongs to no experiment'),
    examples: [
      ['webmacs datapoints update 01a20a65-52cb-7815 --value NaN', 'for an invalid measurement'],
      ['webmacs datapoints update 01a20a65-52cb-7815 --experiment "Run 7"'],
    ],
    values: async ({ value, experiment }: UpdateDatapointOptions) => ({
      value,
      experimentPublicId: experiment === false ? null : await findPublicId(ctx, EXPERIMENTS, experiment),
    }),
    given: '--value, --experiment or --no-experiment',
    update: updateDatapoint,
  });
  declareAssign(parent, ctx);
  declareDelete(parent, ctx);
  declareDatapointsPrune(parent, ctx);
  declareArchive(parent, ctx);
  declareRestore(parent, ctx);
}
