import { resolve } from 'node:path';
import { Option } from 'commander';
import type { Command } from '../../cli/command.ts';
import type { Context } from '../../cli/context.ts';
import { printable } from '../../cli/text.ts';
import type { PluginTarget } from '../../plugins/package-change.ts';
import { type Installer, installerFor } from '../../plugins/python.ts';
import { type LockTimeoutOption, lockOf, lockTimeoutOption } from '../db/lock.ts';

export interface DirectoryOption extends LockTimeoutOption {
  pluginDir?: string;
}

export interface TargetOptions extends DirectoryOption {
  python?: string;
  /** `false` with `--no-pip`. */
  pip: boolean;
}

const DEFAULT_DIRECTORY = '/plugins';

export function directoryOption(command: Command): Command {
  return lockTimeoutOption(
    command.option('--plugin-dir <dir>', 'directory of the wheels (default: WEBMACS_PLUGIN_DIR, else /plugins)'),
  );
}

export function targetOptions(command: Command): Command {
  return directoryOption(
    command
      .option('--python <path>', 'Python of the controller (default: the one found by uv, or python3)')
      .addOption(new Option('--no-pip', 'store and record only, without changing Python').conflicts('python')),
  );
}

/** Returns the plugin directory, and whether it was set explicitly. */
export function directoryOf(ctx: Context, { pluginDir }: DirectoryOption): { directory: string; named: boolean } {
  const given = pluginDir ?? (ctx.environment.WEBMACS_PLUGIN_DIR || undefined);
  return { directory: resolve(given ?? DEFAULT_DIRECTORY), named: given !== undefined };
}

export async function targetOf(ctx: Context, options: TargetOptions): Promise<PluginTarget> {
  const { environment, signal } = ctx;
  return {
    ...lockOf(ctx, options),
    environment,
    directory: directoryOf(ctx, options).directory,
    installer: options.pip ? await installerFor(options.python, { environment, signal }) : undefined,
    // For people only: scripts get the result.
    onProgress: (message) => void (ctx.streams.stderrIsTerminal && ctx.output.say(printable(message))),
  };
}

/** Returns ` into /opt/python with pip, stored in /plugins`. */
export function installedWhere({ directory, installer }: PluginTarget): string {
  return `${installer ? ` into ${describePython(installer)}` : ''}, stored in ${directory}`;
}

/** Returns ` from /opt/python with pip and from /plugins`. */
export function removedWhere({ directory, installer }: PluginTarget): string {
  return `${installer ? ` from ${describePython(installer)} and` : ''} from ${directory}`;
}

/** Returns `/opt/python with pip`. */
export function describePython({ python, tool }: Installer): string {
  return `${python ?? 'Python'} with ${tool}`;
}
