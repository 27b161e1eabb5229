import type { Context } from '../../../cli/context.ts';
import { type ChannelRow, requireChannel } from '../../../plugins/channels.ts';
import { find } from '../../standard/noun.ts';
import { INSTANCES } from '../instances/noun.ts';
import { CHANNELS } from './noun.ts';

export const CHANNEL_ARGUMENTS = [
  ['<instance>', 'name or public id of the instance; or only the public id of the channel'],
  ['[channel]', 'id of the channel within the instance'],
] as const;

/** Resolves the arguments: an instance and a channel, or only the public id of a channel. */
export async function resolveChannel(ctx: Context, given: string, channel: string | undefined): Promise<ChannelRow> {
  return channel === undefined
    ? await find(ctx, CHANNELS, given)
    : await requireChannel(await ctx.em(), await find(ctx, INSTANCES, given), channel);
}
