import type { Command } from 'commander';
import type { Context } from '../../cli/context.ts';
import { repeated } from '../../cli/parse.ts';
import { parseTime } from '../../cli/time.ts';
import { Datapoint } from '../../entities/index.ts';
import { type DatapointRow, namesOf, type Selection } from '../../site/datapoints.ts';
import type { EventRow } from '../../site/events.ts';
import { EVENTS } from '../events/noun.ts';
import { EXPERIMENTS } from '../experiments/noun.ts';
import { find, type Noun } from '../standard/noun.ts';

export const DATAPOINTS: Noun<DatapointRow> = {
  entity: Datapoint,
  singular: 'datapoint',
  columns: ['timestamp', 'event', 'value', 'unit', 'experiment', 'public_id'],
  orderBy: { timestamp: 'desc' },
  // A person reads names, not public ids.
  derived: {
    columns: ['event', 'unit', 'experiment'],
    rows: async (em, datapoints) => {
      const { events, experiments } = await namesOf(em, datapoints);
      return datapoints.map(({ event, experiment }) => ({
        event: events.get(event.publicId)?.name ?? null,
        unit: events.get(event.publicId)?.unit ?? null,
        experiment: experiments.get(experiment?.publicId ?? '') ?? null,
      }));
    },
  },
};

/** The options that say which datapoints are meant. */
export interface SelectionOptions {
  event?: string[];
  experiment?: string;
  from?: string;
  to?: string;
}

export function selectionOptions(command: Command): Command {
  return command
    .option('--event <event>', 'only this event; can be repeated', repeated)
    .option('--experiment <experiment>', 'only this experiment')
    .option('--from <time>', 'from this moment: ISO 8601, now, yesterday, -2h')
    .option('--to <time>', 'up to, not including, this moment');
}

/** Which datapoints the options mean. */
export async function selectionOf(ctx: Context, options: SelectionOptions): Promise<Selection> {
  const events: EventRow[] = [];
  for (const given of options.event ?? []) {
    events.push(await find(ctx, EVENTS, given));
  }
  const experiment = options.experiment === undefined ? undefined : await find(ctx, EXPERIMENTS, options.experiment);
  return {
    ...(events.length > 0 ? { eventPublicIds: events.map((event) => event.publicId) } : {}),
    ...(experiment ? { experimentPublicId: experiment.publicId } : {}),
    ...(options.from === undefined ? {} : { from: parseTime(options.from, ctx.now(), '--from') }),
    ...(options.to === undefined ? {} : { to: parseTime(options.to, ctx.now(), '--to') }),
  };
}
