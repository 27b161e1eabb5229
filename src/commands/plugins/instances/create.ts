import type { Command } from '../../../cli/command.ts';
import type { Context } from '../../../cli/context.ts';
import { counted, quoted } from '../../../cli/text.ts';
import { describedChannels } from '../../../plugins/described-channels.ts';
import {
  type Created,
  createInstanceWithChannels,
  knownPluginIds,
  updateInstance,
} from '../../../plugins/instances.ts';
import { shellWord } from '../../../text/shell-word.ts';
import { confirmCreate } from '../../standard/confirm-create.ts';
import { type CreateOptions, createOptions, createRow } from '../../standard/create.ts';
import { owner } from '../../standard/owner.ts';
import { INSTANCES, readConfig } from './noun.ts';

interface CreateInstanceOptions extends CreateOptions {
  plugin?: string;
  demo?: boolean;
  disabled?: boolean;
  configFile?: string;
  python?: string;
}

export function declareCreate(parent: Command, ctx: Context): void {
  parent
    .command('create')
    .argument('<name>', 'name of the instance, unique')
    .description('configure a plugin to run')
    .option('--plugin <id>', 'id of the plugin')
    .option('--demo', 'simulated values instead of a device')
    .option('--disabled', 'do not run it yet')
    .option('--config-file <file>', 'configuration, a JSON object; - for standard input')
    .option(
      '--python <path>',
      'Python of the controller: asks the plugin for its channels, and creates them with their events',
    )
    .with(createOptions)
    .runs(ctx, configureInstance)
    .examples(
      ['webmacs plugins instances create "Rig 1" --plugin revpi --config-file rig1.json'],
      ['webmacs plugins instances create "Rig 1" --plugin revpi --python /opt/webmacs/bin/python', 'with its channels'],
      ['webmacs plugins instances create Try --plugin revpi --demo --if-not-exists'],
    );
}

async function configureInstance(ctx: Context, name: string, options: CreateInstanceOptions): Promise<void> {
  const { demo = false, disabled = false, configFile, python } = options;
  let made: Created | undefined;
  const insert = async () => {
    const em = await ctx.em();
    const known = await knownPluginIds(em);
    const question = { option: '--plugin', ask: 'Plugin', ...(known.length > 0 && { choices: known }) };
    const { plugin } = await ctx.prompts.missing(options, { plugin: question });
    const configJson = configFile === undefined ? null : await readConfig(ctx, configFile);
    const definition = { instanceName: name, pluginId: plugin, demoMode: demo, enabled: !disabled, configJson };
    const user = await owner(ctx);
    await confirmCreate(ctx, INSTANCES, { ...definition, owner: user.username });
    const described = python === undefined ? [] : await describedChannels(definition, python, ctx);
    made = await createInstanceWithChannels(em, definition, described, user.publicId);
    if (python === undefined) {
      await noteUnknownPlugin(ctx, plugin, known);
    }
    return made.instance;
  };
  const values = async () => ({
    pluginId: options.plugin,
    demoMode: options.demo,
    enabled: options.disabled ? false : undefined,
    configJson: configFile === undefined ? undefined : await readConfig(ctx, configFile),
  });
  await createRow(ctx, INSTANCES, name, options, insert, { values, update: updateInstance });
  if (made) {
    await reportChannels(ctx, made);
  }
}

async function reportChannels(ctx: Context, { instance, channels, events }: Created): Promise<void> {
  await ctx.output.say(
    channels === 0
      ? `${quoted(instance.instanceName)} has no channels yet, and the server refuses data without them. Map each: webmacs plugins channels map ${shellWord(instance.instanceName)} CHANNEL --event EVENT --direction input`
      : `${counted(channels, 'channel')} mapped to ${counted(events, 'new event')}${channels > events ? ` and ${counted(channels - events, 'existing one')}` : ''}.`,
  );
}

/** A note: instances may be configured before their packages are installed, or the server may come with the plugin. */
export async function noteUnknownPlugin(ctx: Context, plugin: string, known: string[]): Promise<void> {
  if (!known.includes(plugin)) {
    await ctx.output.note(`No installed package contains the plugin ${quoted(plugin)}.`);
  }
}
