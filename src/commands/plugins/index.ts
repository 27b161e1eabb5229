import type { Command } from '../../cli/command.ts';
import type { Context } from '../../cli/context.ts';
import { declareList } from '../standard/list.ts';
import { declareShow } from '../standard/show.ts';
import { declareOwner } from '../standard/update.ts';
import { declareChannels } from './channels/index.ts';
import { declareInspect } from './inspect.ts';
import { declareInstall } from './install.ts';
import { declareInstances } from './instances/index.ts';
import { PACKAGES } from './packages/noun.ts';
import { declareUninstall } from './uninstall.ts';
import { declareVerify } from './verify.ts';

export function declarePlugins(parent: Command, ctx: Context): void {
  declareInstall(parent, ctx);
  declareUninstall(parent, ctx);
  declareVerify(parent, ctx);
  declareInspect(parent, ctx);
  const packages = parent
    .command('packages')
    .description('installed wheels')
    .examples(['webmacs plugins packages list'], ['webmacs plugins packages show demo-plugin']);
  declareList(packages, ctx, PACKAGES);
  declareShow(packages, ctx, PACKAGES);
  declareOwner(packages, ctx, PACKAGES);
  const instances = parent
    .command('instances')
    .description('configured plugins')
    .examples(
      ['webmacs plugins instances create "Rig 1" --plugin demo'],
      ['webmacs plugins instances list --status error'],
      ['webmacs plugins instances disable "Rig 1"'],
    );
  declareInstances(instances, ctx);
  const channels = parent
    .command('channels')
    .description('channels of instances, and the events that they feed')
    .examples(
      ['webmacs plugins channels map "Rig 1" AI0 --event "Bed temperature" --direction input'],
      ['webmacs plugins channels list "Rig 1"'],
    );
  declareChannels(channels, ctx);
}
