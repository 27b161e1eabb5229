import type { Command } from '../../cli/command.ts';
import type { Context } from '../../cli/context.ts';
import { DATAPOINTS_OF_EXPERIMENT, requireStopped, updateExperiment } from '../../domain/experiments.ts';
import { type DeleteOptions, declareDelete } from '../standard/delete.ts';
import { declareList } from '../standard/list.ts';
import { declareShow } from '../standard/show.ts';
import { declareUpdate } from '../standard/update.ts';
import { declareCompare } from './compare.ts';
import { declareCreate } from './create.ts';
import { declareExport } from './export.ts';
import { EXPERIMENTS } from './noun.ts';
import { declarePlot } from './plot.ts';
import { declareRename } from './rename.ts';
import { declareReport } from './report.ts';
import { declareStart } from './start.ts';
import { declareStop } from './stop.ts';
import { declareSummary, showExperiment } from './summary.ts';
import { type TimesOptions, timesOf, timesOptions } from './times.ts';
import { declareVerify } from './verify.ts';

export function declareExperiments(parent: Command, ctx: Context): void {
  declareCreate(parent, ctx);
  declareStart(parent, ctx);
  declareStop(parent, ctx);
  declareList(parent, ctx, EXPERIMENTS, {
    declare: (command) => command.option('--active', 'only running ones'),
    examples: ['--active'],
    where: async (_ctx, { active }: { active?: boolean }) => (active ? { stoppedOn: null } : {}),
  });
  declareShow(parent, ctx, EXPERIMENTS, async (experiment) => await showExperiment(ctx, experiment)).note(SUMMARISED);
  declareSummary(parent, ctx);
  declarePlot(parent, ctx);
  declareReport(parent, ctx);
  declareCompare(parent, ctx);
  declareRename(parent, ctx);
  declareUpdate(parent, ctx, EXPERIMENTS, {
    description: 'change the name, times or owner of an experiment, without a log entry or notification',
    declareOptions: (command) => command.option('--name <name>', 'new name').with(timesOptions),
    examples: [
      ['webmacs experiments update "Run 7" --started-on "2026-11-25 16:00" --stopped-on "2026-11-25 18:00"'],
      ['webmacs experiments update "Run 7" --owner alice'],
    ],
    values: async ({ name, ...options }: TimesOptions & { name?: string }) => ({
      name,
      ...(await timesOf(ctx, options)),
    }),
    given: '--name, --started-on or --stopped-on',
    update: updateExperiment,
  });
  declareExport(parent, ctx);
  declareVerify(parent, ctx);
  declareDelete(
    parent,
    ctx,
    EXPERIMENTS,
    async (em, experiment, { withDatapoints }: DeleteExperimentOptions) => {
      if (withDatapoints) {
        // While it is running, more datapoints would be added.
        await requireStopped(em, experiment);
      }
    },
    (_em, _experiment, { withDatapoints }: DeleteExperimentOptions) =>
      withDatapoints ? [DATAPOINTS_OF_EXPERIMENT] : [],
  )
    .description('delete one experiment; its datapoints are kept, without an experiment')
    .option('--with-datapoints', "delete its datapoints as well, in one transaction, as the server's own page does");
}

const SUMMARISED = `
On a terminal, this also reads the datapoints and summarises them, as "experiments summary" does; elsewhere it does not.
`;

type DeleteExperimentOptions = DeleteOptions & { withDatapoints?: boolean };
