import type { Command } from 'commander';
import type { Context } from '../../cli/context.ts';
import { type Example, examples } from '../../cli/examples.ts';
import { declareList } from '../standard/list.ts';
import { declareShow } from '../standard/show.ts';
import { declareChannels } from './channels/index.ts';
import { declareInspect } from './inspect.ts';
import { declareInstall } from './install.ts';
import { declareInstances } from './instances/index.ts';
import { PACKAGES } from './packages/noun.ts';
import { declareUninstall } from './uninstall.ts';
import { declareVerify } from './verify.ts';

/** Declares the commands for plugins: packages, instances and channels. */
export function declarePlugins(parent: Command, ctx: Context): void {
  declareInstall(parent, ctx);
  declareUninstall(parent, ctx);
  declareVerify(parent, ctx);
  declareInspect(parent, ctx);
  const group = (name: string, description: string, ...lines: Example[]) =>
    examples(parent.command(name).description(description), ...lines);
  const packages = group(
    'packages',
    'installed wheels',
    ['webmacs plugins packages list'],
    ['webmacs plugins packages show demo-plugin'],
  );
  declareList(packages, ctx, PACKAGES);
  declareShow(packages, ctx, PACKAGES);
  const instances = group(
    'instances',
    'configured plugins',
    ['webmacs plugins instances create "Rig 1" --plugin demo'],
    ['webmacs plugins instances list --status error'],
    ['webmacs plugins instances disable "Rig 1"'],
  );
  declareInstances(instances, ctx);
  const channels = group(
    'channels',
    'channels of instances, and the events that they feed',
    ['webmacs plugins channels map "Rig 1" AI0 --event "Bed temperature" --direction input'],
    ['webmacs plugins channels list --instance "Rig 1"'],
  );
  declareChannels(channels, ctx);
}
