import type { Command } from 'commander';
import type { Context } from '../../cli/context.ts';
import { declareDelete } from './delete.ts';
import { declareImport } from './import.ts';
import { declareLatest } from './latest.ts';
import { declareDatapointList } from './list.ts';
import { declareDatapointsPrune } from './prune.ts';
import { declareStats } from './stats.ts';

/** Declares the commands on measured values. */
export function declareDatapoints(parent: Command, ctx: Context): void {
  declareImport(parent, ctx);
  declareDatapointList(parent, ctx);
  declareLatest(parent, ctx);
  declareStats(parent, ctx);
  declareDelete(parent, ctx);
  declareDatapointsPrune(parent, ctx);
}
