import { type Command, Option } from 'commander';
import type { Context } from '../../../cli/context.ts';
import { PLUGIN_STATUSES } from '../../../entities/index.ts';
import { eventsOfInstance, lockInstance } from '../../../plugins/instances.ts';
import { type DeleteOptions, declareDelete } from '../../standard/delete.ts';
import { declareList } from '../../standard/list.ts';
import { declareShow } from '../../standard/show.ts';
import { declareSwitch, type SwitchFilter, switchFilter, switchOptions } from '../../standard/switch.ts';
import { declareCreate } from './create.ts';
import { INSTANCES } from './noun.ts';
import { declareInstanceUpdate } from './update.ts';

interface InstanceFilter extends SwitchFilter {
  plugin?: string;
  status?: (typeof PLUGIN_STATUSES)[number];
}

interface DeleteInstanceOptions extends DeleteOptions {
  keepSharedEvents?: boolean;
}

/** Declares the commands on configured plugins. */
export function declareInstances(parent: Command, ctx: Context): void {
  declareCreate(parent, ctx);
  declareList(parent, ctx, INSTANCES, {
    declare: (command) => {
      const status = new Option('--status <status>', 'only instances in this state').choices([...PLUGIN_STATUSES]);
      switchOptions(command.option('--plugin <id>', 'only instances of this plugin').addOption(status));
    },
    where: async (_ctx, { plugin, status, ...use }: InstanceFilter) => ({
      ...(plugin === undefined ? {} : { pluginId: plugin }),
      ...(status === undefined ? {} : { status }),
      ...switchFilter(use),
    }),
  });
  declareShow(parent, ctx, INSTANCES);
  declareInstanceUpdate(parent, ctx);
  declareSwitch(parent, ctx, INSTANCES);
  declareDelete(
    parent,
    ctx,
    INSTANCES,
    async (em, instance) => await lockInstance(em, instance),
    (em, _instance, { keepSharedEvents = false }: DeleteInstanceOptions) =>
      eventsOfInstance(em, { keepShared: keepSharedEvents }),
  )
    .description('delete one instance, its channels, the events that they feed, and their rules and datapoints')
    .option('--keep-shared-events', 'keep the events that channels of other instances feed as well');
}
