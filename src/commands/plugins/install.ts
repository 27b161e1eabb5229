import { join } from 'node:path';
import { type Command, Option } from 'commander';
import type { Context } from '../../cli/context.ts';
import { examples } from '../../cli/examples.ts';
import { printable, quoted } from '../../cli/text.ts';
import type { PackagesPlace } from '../../plugins/change.ts';
import {
  type InstallAction,
  type Installed,
  type InstallOptions,
  installPackage,
  plannedAction,
} from '../../plugins/install.ts';
import { packageNamed } from '../../plugins/packages.ts';
import { readWheel } from '../../plugins/wheel/read.ts';
import type { Wheel } from '../../plugins/wheel/wheel.ts';
import { IF_NOT_EXISTS } from '../standard/create.ts';
import { rowOf } from '../standard/noun.ts';
import { owner } from '../standard/owner.ts';
import { PACKAGES } from './packages/noun.ts';
import { type PlaceOptions, placeOf, placeOptions, pythonOf, whereTo } from './place.ts';
import { tellRecovery } from './recovery.ts';

export interface InstallCommandOptions extends InstallOptions, PlaceOptions {
  dryRun?: boolean;
}

export function declareInstall(parent: Command, ctx: Context): void {
  const command = parent
    .command('install')
    .argument('<wheel>', 'a file NAME-VERSION-….whl of at most 50 MiB')
    .description('check a wheel, install it into the Python of the controller, file and record it')
    .addOption(new Option('--upgrade', 'replace the version that is there').conflicts('ifNotExists'))
    .option('--allow-downgrade', 'with --upgrade: also by an older one')
    .option(...IF_NOT_EXISTS)
    .option('--dry-run', 'check it, say what would be done, and do nothing')
    .action(async (wheel: string, options: InstallCommandOptions) => await install(ctx, wheel, options));
  examples(
    placeOptions(command),
    ['webmacs plugins install webmacs_revpi-1.2.0-py3-none-any.whl'],
    ['webmacs plugins install webmacs_revpi-1.3.0-py3-none-any.whl --upgrade --python /opt/webmacs/bin/python'],
    ['webmacs plugins install webmacs_revpi-1.2.0-py3-none-any.whl --no-pip --plugin-dir ./plugins'],
  );
}

/** Installs a wheel and prints its row. */
export async function install(ctx: Context, path: string, options: InstallCommandOptions): Promise<void> {
  const wheel = await readWheel(path);
  const em = await ctx.em();
  const place = await placeOf(ctx, options);
  if (options.dryRun) {
    const before = await packageNamed(em, wheel.name);
    const action = await plannedAction(before, wheel, place, options);
    const what = action === 'kept' ? 'leave' : INFINITIVES[action];
    const message = `Would ${what} ${title(wheel)}${action === 'kept' ? ' as it is' : whereTo(place)}.`;
    const facts = {
      package_name: wheel.name,
      version: wheel.version,
      action,
      previous_version: before?.version ?? null,
    };
    return await ctx.output.done(message, { ...facts, plugin_ids: wheel.pluginIds });
  }
  const user = await owner(ctx);
  const installed = await installPackage(em, wheel, user.publicId, place, options, ctx.now());
  const { action, previousVersion, recovery } = installed;
  await tellRecovery(ctx, recovery);
  const row = await rowOf(ctx, PACKAGES, installed.row);
  if (action === 'kept') {
    const { packageName, version, publicId } = installed.row;
    const message = `Package ${quoted(packageName)} ${version} is installed already (${publicId}).`;
    return await ctx.output.changed(message, { ...row, action, restart_required: false });
  }
  const facts = { ...row, action, previous_version: previousVersion ?? null, restart_required: true };
  await ctx.output.changed(ctx.output.success(`${sentence(wheel, installed)}\n${details(wheel, place)}`), facts);
}

/** What has become of the package, in a sentence. */
function sentence({ name, version }: Wheel, { action, previousVersion }: Installed): string {
  const moved = action === 'upgraded' || action === 'downgraded';
  return `Package ${quoted(name)} ${moved ? `${action} from ${previousVersion} to ${version}` : `${version} ${action}`}.`;
}

/** Where it is now, and what is left to do. */
function details({ file, pluginIds }: Wheel, { directory, installer }: PackagesPlace): string {
  return [
    `  Plugins: ${pluginIds.join(', ')}`,
    `  File:    ${printable(join(directory, file))}`,
    ...(installer ? [`  Python:  ${printable(pythonOf(installer))}`] : []),
    `Restart the controller to load ${pluginIds.length === 1 ? 'it' : 'them'}.`,
  ].join('\n');
}

function title({ name, version }: Wheel): string {
  return `${quoted(name)} ${version}`;
}

const INFINITIVES: Record<Exclude<InstallAction, 'kept'>, string> = {
  installed: 'install',
  upgraded: 'upgrade to',
  downgraded: 'downgrade to',
  replaced: 'replace with',
  repaired: 'repair',
};
