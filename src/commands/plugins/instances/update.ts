import { Option } from 'commander';
import type { Command } from '../../../cli/command.ts';
import type { Context } from '../../../cli/context.ts';
import { type InstanceDefinition, knownPluginIds, updateInstance } from '../../../plugins/instances.ts';
import { declareUpdate } from '../../standard/update.ts';
import { warnOfUnknownPlugin } from './create.ts';
import { INSTANCES, readConfig } from './noun.ts';

export interface UpdateInstanceOptions {
  name?: string;
  plugin?: string;
  demo?: boolean;
  configFile?: string;
  config?: false;
}

export function declareInstanceUpdate(parent: Command, ctx: Context): void {
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
        await warnOfUnknownPlugin(ctx, change.pluginId, await knownPluginIds(em));
      }
      return instance;
    },
  });
}
