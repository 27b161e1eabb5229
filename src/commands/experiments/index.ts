import type { EntityManager } from '@mikro-orm/postgresql';
import type { Command } from '../../cli/command.ts';
import type { Context } from '../../cli/context.ts';
import type { DependentRows } from '../../database/cascade.ts';
import { DATAPOINTS_OF_EXPERIMENT, type ExperimentRow, requireStopped } from '../../domain/experiments.ts';
import { type DeleteOptions, declareDelete } from '../standard/delete.ts';
import { declareList } from '../standard/list.ts';
import { declareShow } from '../standard/show.ts';
import { declareOwner } from '../standard/update.ts';
import { declareExport } from './export.ts';
import { EXPERIMENTS } from './noun.ts';
import { declareRename } from './rename.ts';
import { declareStart } from './start.ts';
import { declareStop } from './stop.ts';

export function declareExperiments(parent: Command, ctx: Context): void {
  declareStart(parent, ctx);
  declareStop(parent, ctx);
  declareList(parent, ctx, EXPERIMENTS, {
    declare: (command) => command.option('--active', 'only running ones'),
    where: async (_ctx, { active }: { active?: boolean }) => (active ? { stoppedOn: null } : {}),
  });
  declareShow(parent, ctx, EXPERIMENTS);
  declareRename(parent, ctx);
  declareOwner(parent, ctx, EXPERIMENTS);
  declareExport(parent, ctx);
  declareDelete(parent, ctx, EXPERIMENTS, stoppedIf, datapointsIf)
    .description('delete one experiment; its datapoints are kept, without an experiment')
    .option('--with-datapoints', "delete its datapoints as well, in one transaction, as the server's own page does");
}

type DeleteExperimentOptions = DeleteOptions & { withDatapoints?: boolean };

/** While an experiment is running, more datapoints would be added. */
async function stoppedIf(
  em: EntityManager,
  experiment: ExperimentRow,
  options: DeleteExperimentOptions,
): Promise<void> {
  if (options.withDatapoints) {
    await requireStopped(em, experiment);
  }
}

function datapointsIf(
  _em: EntityManager,
  _experiment: ExperimentRow,
  { withDatapoints }: DeleteExperimentOptions,
): DependentRows[] {
  return withDatapoints ? [DATAPOINTS_OF_EXPERIMENT] : [];
}
