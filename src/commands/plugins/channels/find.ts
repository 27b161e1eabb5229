import type { Context } from '../../../cli/context.ts';
import { type ChannelRow, channelNamed } from '../../../plugins/channels.ts';
import { find } from '../../standard/noun.ts';
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
