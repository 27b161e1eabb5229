import type { Command } from '../../cli/command.ts';
import type { Context } from '../../cli/context.ts';
import { capitalised, counted, quoted } from '../../cli/text.ts';
import { providedPluginIds } from '../../plugins/packages.ts';
import { instancesOf, removablePackage, uninstall } from '../../plugins/uninstall.ts';
import { rowArgument } from '../standard/choices.ts';
import { PACKAGES } from './packages/noun.ts';
import { reportRecovery } from './recovery.ts';
import { removedWhere, type TargetOptions, targetOf, targetOptions } from './target.ts';

export function declareUninstall(parent: Command, ctx: Context): void {
  parent
    .command('uninstall')
    .addArgument(rowArgument(ctx, PACKAGES))
    .description('remove a package from the Python of the controller, with its file and record')
    .option('--dry-run', 'print what would be removed, without removing it')
    .runs(ctx, uninstallNamed)
    .with(targetOptions)
    .examples(
      ['webmacs plugins uninstall webmacs-revpi', 'lists its instances and asks for confirmation'],
      ['webmacs plugins uninstall webmacs-revpi --yes --python /opt/webmacs/bin/python'],
    );
}

async function uninstallNamed(
  ctx: Context,
  given: string,
  options: TargetOptions & { dryRun?: boolean },
): Promise<void> {
  const em = await ctx.em();
  const found = await removablePackage(em, given);
  const pluginIds = await providedPluginIds(found);
  const instances = await instancesOf(em, pluginIds);
  const target = await targetOf(ctx, options);
  const title = `package ${quoted(found.packageName)} ${found.version}`;
  const left = instances.length > 0 ? `; ${counted(instances.length, 'instance')} of it can no longer run` : '';
  const what = `${title}${removedWhere(target)}${left}`;
  const facts = { package_name: found.packageName, version: found.version, plugin_ids: pluginIds, instances };
  if (options.dryRun) {
    return await ctx.output.done(`Would remove ${what}.`, facts);
  }
  if (!(await ctx.confirm(`Remove ${title}?`, `This removes ${what}.`))) {
    return await ctx.output.done('Nothing was removed.', { status: 'cancelled' });
  }
  const { recovery } = await ctx.progress(`Removing ${title}`, async () => uninstall(em, found.publicId, target));
  await reportRecovery(ctx, recovery);
  await ctx.output.done(ctx.output.success(`${capitalised(title)} removed${left}. Restart the controller.`), {
    status: 'success',
    ...facts,
    restart_required: true,
  });
}
