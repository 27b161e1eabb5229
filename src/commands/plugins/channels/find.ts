import type { Context } from '../../../cli/context.ts';
import type { Row } from '../../../cli/output.ts';
import { type ChannelRow, channelNamed, namesOfChannels } from '../../../plugins/channels.ts';
import { find, rowOf } from '../../standard/noun.ts';
import { INSTANCES } from '../instances/noun.ts';
import { CHANNELS } from './noun.ts';

export const CHANNEL_ARGUMENTS = [
  ['<instance>', 'instance name or public id; or the public id of the channel alone'],
  ['[channel]', 'id of the channel within the instance'],
] as const;

/** The channel of an instance, or the one of this public id where no channel is given. */
export async function findChannel(ctx: Context, given: string, channel: string | undefined): Promise<ChannelRow> {
  return channel === undefined
    ? await find(ctx, CHANNELS, given)
    : await channelNamed(await ctx.em(), await find(ctx, INSTANCES, given), channel);
}

/** A channel as it is printed, with the names of its instance and event. */
export async function channelRow(ctx: Context, channel: ChannelRow): Promise<Row> {
  const { instances, events } = await namesOfChannels(await ctx.em(), [channel]);
  return { ...(await rowOf(ctx, CHANNELS, channel)), ...channelNames(channel, instances, events) };
}

export function channelNames(
  { instanceId, eventPublicId }: ChannelRow,
  instances: Map<number, string>,
  events: Map<string, string>,
): Row {
  return {
    instance_name: instances.get(instanceId) ?? null,
    event_name: (eventPublicId && events.get(eventPublicId)) ?? null,
  };
}
