import type { Command } from 'commander';
import type { Context } from '../../cli/context.ts';
import { examples } from '../../cli/examples.ts';
import { counted, quoted } from '../../cli/text.ts';
import { pluginIdsOf } from '../../plugins/packages.ts';
import { instancesOf, removablePackage, uninstall } from '../../plugins/uninstall.ts';
import { argumentHelp } from '../standard/show.ts';
import { PACKAGES } from './packages/noun.ts';
import { type PlaceOptions, placeOf, placeOptions, whereFrom } from './place.ts';
import { tellRecovery } from './recovery.ts';

export interface UninstallOptions extends PlaceOptions {
  dryRun?: boolean;
}

export function declareUninstall(parent: Command, ctx: Context): void {
  const command = parent
    .command('uninstall')
    .argument('<package>', argumentHelp(PACKAGES))
    .description('remove a package from the Python of the controller, its file and its record')
    .option('--dry-run', 'say what would be removed, and remove nothing')
    .action(async (given: string, options: UninstallOptions) => await uninstallNamed(ctx, given, options));
  examples(
    placeOptions(command),
    ['webmacs plugins uninstall webmacs-revpi', 'says which instances use it, and asks'],
    ['webmacs plugins uninstall webmacs-revpi --yes --python /opt/webmacs/bin/python'],
  );
}

export async function uninstallNamed(ctx: Context, given: string, options: UninstallOptions): Promise<void> {
  const em = await ctx.em();
  const found = await removablePackage(em, given);
  const instances = await instancesOf(em, found);
  const place = await placeOf(ctx, options);
  const title = `package ${quoted(found.packageName)} ${found.version}`;
  const left = instances.length > 0 ? `; ${counted(instances.length, 'instance')} of it cannot run any more` : '';
  const facts = { package_name: found.packageName, version: found.version, plugin_ids: pluginIdsOf(found), instances };
  if (options.dryRun) {
    return await ctx.output.done(`Would remove ${title}${whereFrom(place)}${left}.`, facts);
  }
  const question = `Remove ${title}?`;
  if (!ctx.yes && !(await ctx.prompts.confirm(question, `This removes ${title}${whereFrom(place)}${left}.`))) {
    return await ctx.output.done('Nothing was removed.', { status: 'cancelled' });
  }
  const { recovery } = await uninstall(em, found.publicId, place);
  await tellRecovery(ctx, recovery);
  const message = `P${title.slice(1)} removed${left}.`;
  await ctx.output.done(ctx.output.success(`${message} Restart the controller.`), {
    status: 'success',
    ...facts,
    restart_required: true,
  });
}
