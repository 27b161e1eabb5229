import { type Command, Option } from 'commander';
import type { Context } from '../../../cli/context.ts';
import { examples } from '../../../cli/examples.ts';
import { quoted } from '../../../cli/text.ts';
import { type InstanceDefinition, knownPluginIds, updateInstance } from '../../../plugins/instances.ts';
import { changeOf, find, rowOf } from '../../standard/noun.ts';
import { argumentHelp } from '../../standard/show.ts';
import { readConfig } from './config.ts';
import { warnOfUnknownPlugin } from './create.ts';
import { INSTANCES } from './noun.ts';

export interface UpdateInstanceOptions {
  name?: string;
  plugin?: string;
  demo?: boolean;
  configFile?: string;
  config?: false;
}

export function declareUpdate(parent: Command, ctx: Context): void {
  const command = parent
    .command('update')
    .argument('<instance>', argumentHelp(INSTANCES))
    .description('change the configuration of an instance')
    .option('--name <name>', 'new name')
    .option('--plugin <id>', 'another plugin')
    .option('--demo', 'simulated values instead of a device')
    .option('--no-demo', 'the device')
    .option('--config-file <file>', 'another configuration, a JSON object; - for standard input')
    .addOption(new Option('--no-config', 'no configuration any more').conflicts('configFile'))
    .action(async (instance: string, options) => await reconfigureInstance(ctx, instance, options));
  examples(
    command,
    ['webmacs plugins instances update "Rig 1" --config-file rig1.json'],
    ['webmacs plugins instances update "Rig 1" --name "Rig 2" --no-demo'],
  );
}

export async function reconfigureInstance(ctx: Context, given: string, options: UpdateInstanceOptions): Promise<void> {
  const { name, plugin, demo, configFile, config } = options;
  const change = changeOf<InstanceDefinition>(
    {
      instanceName: name,
      pluginId: plugin,
      demoMode: demo,
      // Commander says `true` where the option is left out.
      configJson: configFile !== undefined ? await readConfig(ctx, configFile) : config === false ? null : undefined,
    },
    '--name, --plugin, --demo, --no-demo, --config-file or --no-config',
  );
  const em = await ctx.em();
  const instance = await updateInstance(em, await find(ctx, INSTANCES, given), change);
  if (plugin !== undefined) {
    await warnOfUnknownPlugin(ctx, plugin, await knownPluginIds(em));
  }
  const message = ctx.output.success(`Instance ${quoted(instance.instanceName)} changed.`);
  await ctx.output.changed(message, await rowOf(ctx, INSTANCES, instance));
}
