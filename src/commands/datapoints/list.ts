import type { Command } from 'commander';
import type { Context } from '../../cli/context.ts';
import { namesOf, selectionFilter } from '../../site/datapoints.ts';
import { declareList } from '../standard/list.ts';
import { DATAPOINTS, type SelectionOptions, selectionOf, selectionOptions } from './noun.ts';

export function declareDatapointList(parent: Command, ctx: Context): void {
  declareList(parent, ctx, DATAPOINTS, {
    declare: selectionOptions,
    where: async (context, options: SelectionOptions) => selectionFilter(await selectionOf(context, options)),
    // A person reads names, not public ids.
    extend: {
      columns: ['event', 'unit', 'experiment'],
      rows: async (em, datapoints) => {
        const { events, experiments } = await namesOf(em, datapoints);
        return datapoints.map(({ eventPublicId, experimentPublicId }) => ({
          event: events.get(eventPublicId)?.name ?? null,
          unit: events.get(eventPublicId)?.unit ?? null,
          experiment: experiments.get(experimentPublicId ?? '') ?? null,
        }));
      },
    },
  });
}
