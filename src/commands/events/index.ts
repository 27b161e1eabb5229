import type { Command } from '../../cli/command.ts';
import type { Context } from '../../cli/context.ts';
import { updateEvent } from '../../domain/events.ts';
import { ChannelMapping, EVENT_TYPES } from '../../entities/index.ts';
import { declareDelete } from '../standard/delete.ts';
import { declareList } from '../standard/list.ts';
import { declareShow } from '../standard/show.ts';
import { declareUpdate } from '../standard/update.ts';
import { declareCreate } from './create.ts';
import { EVENTS } from './noun.ts';
import { type EventOptions, valuesOf } from './options.ts';

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
    examples: ['--type actuator', '--unfed'],
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
        .choice('--type <type>', 'type of the event', EVENT_TYPES),
    examples: [['webmacs events update "Bed temperature" --max 1100'], ['webmacs events update 0198c2aa --name T1']],
    values: ({ name, ...options }: EventOptions & { name?: string }) => ({ name, ...valuesOf(options) }),
    given: '--name, --unit, --min, --max or --type',
    update: updateEvent,
  });
  declareDelete(parent, ctx, EVENTS);
}
