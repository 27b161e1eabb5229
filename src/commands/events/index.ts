import type { Command } from '../../cli/command.ts';
import type { Context } from '../../cli/context.ts';
import { numberOf } from '../../cli/parse.ts';
import { updateEvent } from '../../domain/events.ts';
import { ChannelMapping, EVENT_TYPES } from '../../entities/index.ts';
import { declareDelete } from '../standard/delete.ts';
import { declareList } from '../standard/list.ts';
import { declareShow } from '../standard/show.ts';
import { declareUpdate } from '../standard/update.ts';
import { declareCreate } from './create.ts';
import { EVENTS } from './noun.ts';

interface UpdateEventOptions {
  name?: string;
  unit?: string;
  min?: string;
  max?: string;
  type?: string;
}

interface EventFilter {
  type?: (typeof EVENT_TYPES)[number];
  unfed?: true;
}

export function declareEvents(parent: Command, ctx: Context): void {
  declareCreate(parent, ctx);
  declareList(parent, ctx, EVENTS, {
    declare: (command) =>
      command
        .choice('--type <type>', 'only events of this type', EVENT_TYPES)
        .option('--unfed', 'only events that no channel of an enabled instance feeds: the server refuses their data'),
    opens: ({ unfed }: EventFilter) => (unfed ? ChannelMapping : undefined),
    where: async (_ctx, { type, unfed }: EventFilter) => ({
      ...(type && { eventType: type }),
      ...(unfed && { channelMappings: { $none: { instance: { enabled: true } } } }),
    }),
  });
  declareShow(parent, ctx, EVENTS);
  declareUpdate(parent, ctx, EVENTS, {
    description: 'change the definition of an event',
    declareOptions: (command) =>
      command
        .option('--name <name>', 'new name')
        .option('--unit <unit>', 'unit of its values')
        .option('--min <number>', 'smallest value')
        .option('--max <number>', 'largest value')
        .option('--type <type>', EVENT_TYPES.join(', ')),
    examples: [['webmacs events update "Bed temperature" --max 1100'], ['webmacs events update 0198c2aa --name T1']],
    values: ({ name, unit, min, max, type }: UpdateEventOptions) => ({
      name,
      unit,
      minValue: min === undefined ? undefined : numberOf('--min', min),
      maxValue: max === undefined ? undefined : numberOf('--max', max),
      eventType: type,
    }),
    given: '--name, --unit, --min, --max or --type',
    update: updateEvent,
  });
  declareDelete(parent, ctx, EVENTS);
}
