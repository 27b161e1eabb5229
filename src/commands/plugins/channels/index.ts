import { Option } from 'commander';
import type { Command } from '../../../cli/command.ts';
import type { Context } from '../../../cli/context.ts';
import { InvalidInputError } from '../../../errors.ts';
import { defined } from '../../../text/defined.ts';
import { EVENTS } from '../../events/noun.ts';
import { declareList } from '../../standard/list.ts';
import { argumentHelp, find, findPublicId } from '../../standard/noun.ts';
import { printRow } from '../../standard/show.ts';
import { INSTANCES } from '../instances/noun.ts';
import { declareMap } from './map.ts';
import { CHANNELS, channelArguments, resolveChannel } from './noun.ts';
import { declareUnmap } from './unmap.ts';

export function declareChannels(parent: Command, ctx: Context): void {
  declareMap(parent, ctx);
  declareList(parent, ctx, CHANNELS, {
    declare: (command) =>
      command
        .argument('[instance]', `only channels of this instance: ${argumentHelp(INSTANCES)}`)
        .addOption(new Option('--instance <instance>').hideHelp())
        .option('--event <event>', 'only channels that feed this event'),
    examples: ['--event "Bed temperature"'],
    where: async (_ctx, { instance: option, event }: { instance?: string; event?: string }, [argument]) => {
      if (argument !== undefined && option !== undefined) {
        throw new InvalidInputError('Pass the instance once: as an argument.');
      }
      const instance = argument ?? option;
      return defined({
        instance: instance === undefined ? undefined : (await find(ctx, INSTANCES, instance)).id,
        event: await findPublicId(ctx, EVENTS, event),
      });
    },
  });
  parent
    .command('show')
    .with(channelArguments(ctx))
    .description('show one channel with all its columns')
    .action(
      async (given: string, id: string | undefined) =>
        await printRow(ctx, CHANNELS, await resolveChannel(ctx, given, id)),
    )
    .examples(['webmacs plugins channels show "Rig 1" AI0'], ['webmacs plugins channels show 0198c2aa --json']);
  declareUnmap(parent, ctx);
}
