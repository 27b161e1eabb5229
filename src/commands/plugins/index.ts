import type { Command } from 'commander';
import type { Context } from '../../cli/context.ts';
import { GLOBAL_OPTIONS } from '../../cli/examples.ts';
import { declareList } from '../standard/list.ts';
import { declareShow } from '../standard/show.ts';
import { declareChannels } from './channels/index.ts';
import { declareInspect } from './inspect.ts';
import { declareInstall } from './install.ts';
import { declareInstances } from './instances/index.ts';
import { PACKAGES } from './packages/noun.ts';
import { declareUninstall } from './uninstall.ts';
import { declareVerify } from './verify.ts';

/** Declares the commands on plugins: their packages, what is configured to run, and the channels of that. */
export function declarePlugins(parent: Command, ctx: Context): void {
  declareInstall(parent, ctx);
  declareUninstall(parent, ctx);
  declareVerify(parent, ctx);
  declareInspect(parent, ctx);
  const group = (name: string, description: string) =>
    parent.command(name).description(description).addHelpText('after', `\n${GLOBAL_OPTIONS}`);
  const packages = group('packages', 'installed wheels');
  declareList(packages, ctx, PACKAGES);
  declareShow(packages, ctx, PACKAGES);
  declareInstances(group('instances', 'plugins that are configured to run'), ctx);
  declareChannels(group('channels', 'channels of instances, and the events that they feed'), ctx);
}
