import { ChosenArgument } from '../../../cli/argument.ts';
import type { Command } from '../../../cli/command.ts';
import type { Context } from '../../../cli/context.ts';
import { ChannelMapping } from '../../../entities/index.ts';
import { type ChannelRow, channelNames, requireChannel } from '../../../plugins/channels.ts';
import { rowQuestion } from '../../standard/choices.ts';
import { find, type Noun } from '../../standard/noun.ts';
import { INSTANCES } from '../instances/noun.ts';

/** Identified by instance and channel id, or by public id. */
export const CHANNELS: Noun<ChannelRow> = {
  entity: ChannelMapping,
  singular: 'channel',
  columns: ['instance', 'channel_id', 'channel_name', 'direction', 'unit', 'event', 'public_id'],
  hideFirst: ['public_id', 'direction', 'channel_name', 'unit'],
  orderBy: { id: 'asc' },
  derived: {
    columns: ['instance', 'event'],
    rows: async (em, channels) => {
      const { instances, events } = await channelNames(em, channels);
      return channels.map(({ instance, event }) => ({
        instance: instances.get(instance.id) ?? null,
        event: events.get(event?.publicId ?? '') ?? null,
      }));
    },
  },
};

/** Declares the arguments that name a channel; on a terminal, it is chosen from all. */
export function channelArguments(ctx: Context): (command: Command) => Command {
  const { search } = rowQuestion(ctx, CHANNELS, '', '');
  const about = 'name or public id of the instance; or only the public id of the channel';
  return (command) =>
    command
      .addArgument(new ChosenArgument('<instance>', about, search))
      .argument('[channel]', 'id of the channel within the instance');
}

/** Resolves the arguments: an instance and a channel, or only the public id of a channel. */
export async function resolveChannel(ctx: Context, given: string, channel: string | undefined): Promise<ChannelRow> {
  return channel === undefined
    ? await find(ctx, CHANNELS, given)
    : await requireChannel(await ctx.em(), await find(ctx, INSTANCES, given), channel);
}
