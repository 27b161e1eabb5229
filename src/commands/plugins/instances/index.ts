import { Option } from 'commander';
import type { Command } from '../../../cli/command.ts';
import type { Context } from '../../../cli/context.ts';
import { PLUGIN_STATUSES, PluginPackage } from '../../../entities/index.ts';
import {
  eventsOfInstance,
  type InstanceDefinition,
  knownPluginIds,
  lockInstance,
  updateInstance,
} from '../../../plugins/instances.ts';
import { defined } from '../../../text/defined.ts';
import { type DeleteOptions, declareDelete } from '../../standard/delete.ts';
import { declareList } from '../../standard/list.ts';
import { declareShow } from '../../standard/show.ts';
import { declareSwitch } from '../../standard/switch.ts';
import { declareUpdate } from '../../standard/update.ts';
import { declareCreate, noteUnknownPlugin } from './create.ts';
import { INSTANCES, readConfig } from './noun.ts';

interface UpdateInstanceOptions {
  name?: string;
  plugin?: string;
  demo?: boolean;
  configFile?: string;
  config?: false;
}

export function declareInstances(parent: Command, ctx: Context): void {
  declareCreate(parent, ctx);
  declareList(parent, ctx, INSTANCES, {
    declare: (command) =>
      command
        .option('--plugin <id>', 'only instances of this plugin')
        .choice('--status <status>', 'only instances with this status', PLUGIN_STATUSES),
    examples: ['--plugin demo', '--status error'],
    where: async (_ctx, { plugin, status }: { plugin?: string; status?: (typeof PLUGIN_STATUSES)[number] }) =>
      defined({ pluginId: plugin, status }),
  });
  declareShow(parent, ctx, INSTANCES);
  declareUpdate(parent, ctx, INSTANCES, {
    description: 'change the configuration of an instance',
    declareOptions: (command) =>
      command
        .option('--name <name>', 'new name')
        .option('--plugin <id>', 'another plugin')
        .option('--demo', 'simulated values instead of a device')
        .option('--no-demo', 'values of the device')
        .option('--config-file <file>', 'another configuration, a JSON object; - for standard input')
        .addOption(new Option('--no-config', 'remove the configuration').conflicts('configFile')),
    examples: [
      ['webmacs plugins instances update "Rig 1" --config-file rig1.json'],
      ['webmacs plugins instances update "Rig 1" --name "Rig 2" --no-demo'],
    ],
    values: async ({ name, plugin, demo, configFile, config }: UpdateInstanceOptions) => ({
      instanceName: name,
      pluginId: plugin,
      demoMode: demo,
      // Commander sets `true` if the option is not given.
      configJson: configFile !== undefined ? await readConfig(ctx, configFile) : config === false ? null : undefined,
    }),
    given: '--name, --plugin, --demo, --no-demo, --config-file or --no-config',
    update: async (em, before, change: Partial<InstanceDefinition>) => {
      const instance = await updateInstance(em, before, change);
      if (change.pluginId !== undefined) {
        await noteUnknownPlugin(ctx, change.pluginId, await knownPluginIds(await ctx.em(PluginPackage)));
      }
      return instance;
    },
  });
  declareSwitch(parent, ctx, INSTANCES);
  declareDelete(
    parent,
    ctx,
    INSTANCES,
    lockInstance,
    (em, _instance, { keepSharedEvents = false }: DeleteOptions & { keepSharedEvents?: boolean }) =>
      eventsOfInstance(em, { keepShared: keepSharedEvents }),
  )
    .description('delete one instance, its channels, the events that they feed, and their rules and datapoints')
    .option('--keep-shared-events', 'keep the events that channels of other instances feed as well');
}
