import type { Command } from '../../cli/command.ts';
import type { Context } from '../../cli/context.ts';
import { selectionFilter } from '../../domain/datapoints.ts';
import { declareList } from '../standard/list.ts';
import { declareShow } from '../standard/show.ts';
import { declareDelete } from './delete.ts';
import { declareImport } from './import.ts';
import { declareLatest } from './latest.ts';
import { DATAPOINTS, type SelectionOptions, selectionOf, selectionOptions } from './noun.ts';
import { declareDatapointsPrune } from './prune.ts';
import { declareStats } from './stats.ts';
import { declareDatapointUpdate } from './update.ts';

/** Declares the commands on measured values. */
export function declareDatapoints(parent: Command, ctx: Context): void {
  declareImport(parent, ctx);
  declareList(parent, ctx, DATAPOINTS, {
    declare: selectionOptions,
    where: async (context, options: SelectionOptions) => selectionFilter(await selectionOf(context, options)),
  });
  declareShow(parent, ctx, DATAPOINTS);
  declareLatest(parent, ctx);
  declareStats(parent, ctx);
  declareDatapointUpdate(parent, ctx);
  declareDelete(parent, ctx);
  declareDatapointsPrune(parent, ctx);
}
