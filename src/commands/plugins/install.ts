import { join } from 'node:path';
import { Option } from 'commander';
import type { Command } from '../../cli/command.ts';
import type { Context } from '../../cli/context.ts';
import { printable, quoted } from '../../cli/text.ts';
import {
  type InstallAction,
  type Installed,
  type InstallOptions,
  installPackage,
  plannedAction,
} from '../../plugins/install.ts';
import type { PluginTarget } from '../../plugins/package-change.ts';
import { findPackage } from '../../plugins/packages.ts';
import { readWheel } from '../../plugins/wheel/read.ts';
import type { Wheel } from '../../plugins/wheel/wheel.ts';
import { type CreateOptions, createOptions, printExisting } from '../standard/create.ts';
import { differencesOf } from '../standard/differences.ts';
import { rowOf } from '../standard/noun.ts';
import { owner } from '../standard/owner.ts';
import { PACKAGES } from './packages/noun.ts';
import { reportRecovery } from './recovery.ts';
import { describePython, installedWhere, type TargetOptions, targetOf, targetOptions } from './target.ts';

export function declareInstall(parent: Command, ctx: Context): void {
  parent
    .command('install')
    .argument('<wheel>', 'a file NAME-VERSION-….whl of at most 50 MiB')
    .description('check a wheel, install it into the Python of the controller, store and record it')
    .addOption(new Option('--upgrade', 'replace the installed version').conflicts('ifNotExists'))
    .option('--allow-downgrade', 'with --upgrade: also with an older version')
    .with((command) => createOptions(command, { updates: false }))
    .option('--dry-run', 'check it and print what would be done, without doing it')
    .runs(ctx, install)
    .with(targetOptions)
    .examples(
      ['webmacs plugins install webmacs_revpi-1.2.0-py3-none-any.whl'],
      ['webmacs plugins install webmacs_revpi-1.3.0-py3-none-any.whl --upgrade --python /opt/webmacs/bin/python'],
      ['webmacs plugins install webmacs_revpi-1.2.0-py3-none-any.whl --no-pip --plugin-dir ./plugins'],
    );
}

async function install(
  ctx: Context,
  path: string,
  options: InstallOptions & CreateOptions & TargetOptions & { dryRun?: boolean },
): Promise<void> {
  const wheel = await readWheel(path);
  const em = await ctx.em();
  const target = await targetOf(ctx, options);
  if (options.dryRun) {
    const before = await findPackage(em, wheel.name);
    const action = await plannedAction(before, wheel, target, options);
    const { name, version, pluginIds } = wheel;
    const where = action === 'kept' ? '' : installedWhere(target);
    return await ctx.output.done(`Would ${INFINITIVES[action]} ${quoted(name)} ${version}${where}.`, {
      package_name: name,
      version,
      action,
      previous_version: before?.version ?? null,
      plugin_ids: pluginIds,
    });
  }
  const user = await owner(ctx);
  const installed = await ctx.progress(`Installing ${wheel.name}`, async () =>
    installPackage(em, wheel, user.publicId, target, options, ctx.now()),
  );
  const { action, previousVersion, recovery } = installed;
  await reportRecovery(ctx, recovery);
  const row = await rowOf(ctx, PACKAGES, installed.row);
  if (action === 'kept') {
    const { packageName, version, publicId } = installed.row;
    const name = `Package ${quoted(packageName)} ${version}`;
    const present = `${name} is already installed (${publicId}).`;
    const asked = { version: wheel.version, fileHashSha256: wheel.sha256 };
    const differs = await differencesOf(ctx, PACKAGES, installed.row, asked);
    const facts = { ...row, action, restart_required: false };
    return await printExisting(ctx, name, present, facts, differs, options, '--upgrade');
  }
  const created = action === 'installed';
  const facts = { ...row, created, action, previous_version: previousVersion ?? null, restart_required: true };
  await ctx.output.changed(ctx.output.success(`${sentence(wheel, installed)}\n${details(wheel, target)}`), facts);
}

function sentence({ name, version }: Wheel, { action, previousVersion }: Installed): string {
  const moved = action === 'upgraded' || action === 'downgraded';
  return `Package ${quoted(name)} ${moved ? `${action} from ${previousVersion} to ${version}` : `${version} ${action}`}.`;
}

function details({ file, pluginIds }: Wheel, { directory, installer }: PluginTarget): string {
  return [
    `  Plugins: ${pluginIds.join(', ')}`,
    `  File:    ${printable(join(directory, file))}`,
    ...(installer ? [`  Python:  ${printable(describePython(installer))}`] : []),
    `Restart the controller to load ${pluginIds.length === 1 ? 'it' : 'them'}.`,
  ].join('\n');
}

const INFINITIVES: Record<InstallAction, string> = {
  installed: 'install',
  upgraded: 'upgrade to',
  downgraded: 'downgrade to',
  replaced: 'replace with',
  repaired: 'repair',
  kept: 'keep',
};
