import type { Command } from 'commander';
import type { Context } from '../../cli/context.ts';
import { declareDelete } from '../standard/delete.ts';
import { declareCreate } from './create.ts';
import { declareDashboardList } from './list.ts';
import { DASHBOARDS } from './noun.ts';
import { declareShow } from './show.ts';
import { declareDashboardUpdate } from './update.ts';
import { declareWidgets } from './widgets/index.ts';

/** Declares the commands on layouts of widgets. */
export function declareDashboards(parent: Command, ctx: Context): void {
  declareCreate(parent, ctx);
  declareDashboardList(parent, ctx);
  declareShow(parent, ctx);
  declareDashboardUpdate(parent, ctx);
  declareDelete(parent, ctx, DASHBOARDS);
  declareWidgets(parent, ctx);
}
