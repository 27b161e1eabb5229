import type { Command } from 'commander';
import type { Context } from '../../cli/context.ts';
import { selectionFilter } from '../../site/datapoints.ts';
import { declareList } from '../standard/list.ts';
import { DATAPOINTS, type SelectionOptions, selectionOf, selectionOptions } from './noun.ts';

export function declareDatapointList(parent: Command, ctx: Context): void {
  declareList(parent, ctx, DATAPOINTS, {
    declare: selectionOptions,
    where: async (context, options: SelectionOptions) => selectionFilter(await selectionOf(context, options)),
  });
}
