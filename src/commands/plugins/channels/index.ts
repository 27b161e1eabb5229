import type { Command } from 'commander';
import type { Context } from '../../../cli/context.ts';
import { examples } from '../../../cli/examples.ts';
import { defined } from '../../../text/defined.ts';
import { EVENTS } from '../../events/noun.ts';
import { declareList } from '../../standard/list.ts';
import { find, rowOf } from '../../standard/noun.ts';
import { INSTANCES } from '../instances/noun.ts';
import { CHANNEL_ARGUMENTS, resolveChannel } from './find.ts';
import { declareMap } from './map.ts';
import { CHANNELS } from './noun.ts';
import { declareUnmap } from './unmap.ts';

interface ChannelFilter {
  instance?: string;
  event?: string;
}

/** Declares the commands for channels of instances. */
export function declareChannels(parent: Command, ctx: Context): void {
  declareMap(parent, ctx);
  declareList(parent, ctx, CHANNELS, {
    declare: (command) => {
      command
        .option('--instance <instance>', 'only channels of this instance')
        .option('--event <event>', 'only channels that feed this event');
    },
    where: async (_ctx, { instance, event }: ChannelFilter) =>
      defined({
        instance: instance === undefined ? undefined : (await find(ctx, INSTANCES, instance)).id,
        event: event === undefined ? undefined : (await find(ctx, EVENTS, event)).publicId,
      }),
  });
  const [instance, channel] = CHANNEL_ARGUMENTS;
  const show = parent
    .command('show')
    .argument(...instance)
    .argument(...channel)
    .description('show one channel with all its columns')
    .action(
      async (given: string, id: string | undefined) =>
        await ctx.output.one(await rowOf(ctx, CHANNELS, await resolveChannel(ctx, given, id))),
    );
  examples(show, ['webmacs plugins channels show "Rig 1" AI0'], ['webmacs plugins channels show 0198c2aa --json']);
  declareUnmap(parent, ctx);
}
