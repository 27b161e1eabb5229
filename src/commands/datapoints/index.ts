import type { Command } from 'commander';
import type { Context } from '../../cli/context.ts';
import { declareShow } from '../standard/show.ts';
import { declareDelete } from './delete.ts';
import { declareImport } from './import.ts';
import { declareLatest } from './latest.ts';
import { declareDatapointList } from './list.ts';
import { DATAPOINTS } from './noun.ts';
import { declareDatapointsPrune } from './prune.ts';
import { declareStats } from './stats.ts';
import { declareDatapointUpdate } from './update.ts';

/** Declares the commands on measured values. */
export function declareDatapoints(parent: Command, ctx: Context): void {
  declareImport(parent, ctx);
  declareDatapointList(parent, ctx);
  declareShow(parent, ctx, DATAPOINTS);
  declareLatest(parent, ctx);
  declareStats(parent, ctx);
  declareDatapointUpdate(parent, ctx);
  declareDelete(parent, ctx);
  declareDatapointsPrune(parent, ctx);
}
