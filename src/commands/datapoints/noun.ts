import type { Command } from '../../cli/command.ts';
import type { Context } from '../../cli/context.ts';
import { repeated } from '../../cli/parse.ts';
import type { TimeRange } from '../../database/time-range.ts';
import { type DatapointRow, namesOf, type Selection } from '../../domain/datapoints.ts';
import { Datapoint } from '../../entities/index.ts';
import { defined } from '../../text/defined.ts';
import { EVENTS } from '../events/noun.ts';
import { EXPERIMENTS } from '../experiments/noun.ts';
import { findPublicId, findPublicIds, type Noun } from '../standard/noun.ts';
import { timeRangeOf, timeRangeOptions } from '../standard/time-range.ts';

export const DATAPOINTS: Noun<DatapointRow> = {
  entity: Datapoint,
  singular: 'datapoint',
  columns: ['timestamp', 'event', 'value', 'unit', 'experiment', 'public_id'],
  orderBy: { timestamp: 'desc' },
  // Names instead of public ids.
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

export interface SelectionOptions extends TimeRange {
  event?: string[];
  experiment?: string;
}

export function selectionOptions(command: Command): Command {
  return command
    .option('--event <event>', 'only this event; can be repeated', repeated)
    .option('--experiment <experiment>', 'only this experiment')
    .with(timeRangeOptions);
}

export async function selectionOf(ctx: Context, options: SelectionOptions): Promise<Selection> {
  const events = await findPublicIds(ctx, EVENTS, options.event ?? []);
  const experimentPublicId = await findPublicId(ctx, EXPERIMENTS, options.experiment);
  const references = defined({ eventPublicIds: events.length > 0 ? events : undefined, experimentPublicId });
  return { ...references, ...(await timeRangeOf(ctx, options)) };
}
