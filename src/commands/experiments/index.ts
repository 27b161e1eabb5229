import type { Command } from '../../cli/command.ts';
import type { Context } from '../../cli/context.ts';
import { declareDelete } from '../standard/delete.ts';
import { declareList } from '../standard/list.ts';
import { declareShow } from '../standard/show.ts';
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
  declareExport(parent, ctx);
  declareDelete(parent, ctx, EXPERIMENTS);
}
