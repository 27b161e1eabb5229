import { Option } from 'commander';
import type { Command } from '../../../cli/command.ts';
import type { Context } from '../../../cli/context.ts';
import { PLUGIN_STATUSES } from '../../../entities/index.ts';
import { eventsOfInstance, lockInstance } from '../../../plugins/instances.ts';
import { defined } from '../../../text/defined.ts';
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

/** Declares the commands for configured plugins. */
export function declareInstances(parent: Command, ctx: Context): void {
  declareCreate(parent, ctx);
  declareList(parent, ctx, INSTANCES, {
    declare: (command) => {
      const status = new Option('--status <status>', 'only instances with this status').choices([...PLUGIN_STATUSES]);
      switchOptions(command.option('--plugin <id>', 'only instances of this plugin').addOption(status));
    },
    where: async (_ctx, { plugin, status, ...use }: InstanceFilter) => ({
      ...defined({ pluginId: plugin, status }),
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
    lockInstance,
    (em, _instance, { keepSharedEvents = false }: DeleteInstanceOptions) =>
      eventsOfInstance(em, { keepShared: keepSharedEvents }),
  )
    .description('delete one instance, its channels, the events that they feed, and their rules and datapoints')
    .option('--keep-shared-events', 'keep the events that channels of other instances feed as well');
}
