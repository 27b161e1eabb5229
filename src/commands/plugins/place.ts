import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import type { Context } from '../../cli/context.ts';
import { printable } from '../../cli/text.ts';
import type { PackagesPlace } from '../../plugins/change.ts';
import { type Installer, installerFor } from '../../plugins/python.ts';
import { type LockTimeoutOption, lockOf, lockTimeoutOption } from '../db/lock.ts';

/** Where packages are kept. */
export interface DirectoryOption extends LockTimeoutOption {
  pluginDir?: string;
}

/** Where packages are kept and installed. */
export interface PlaceOptions extends DirectoryOption {
  python?: string;
  /** `false` with `--no-pip`. */
  pip: boolean;
}

const DEFAULT_DIRECTORY = '/plugins';

export function directoryOption(command: Command): Command {
  return lockTimeoutOption(
    command.option('--plugin-dir <dir>', 'where the wheels are kept (default: WEBMACS_PLUGIN_DIR, else /plugins)'),
  );
}

export function placeOptions(command: Command): Command {
  return directoryOption(
    command
      .option('--python <path>', 'Python of the controller (default: the one that uv or python3 finds)')
      .addOption(new Option('--no-pip', 'file and record only, and leave Python alone').conflicts('python')),
  );
}

/** The plugin directory, and whether anybody has named it. */
export function directoryOf(ctx: Context, { pluginDir }: DirectoryOption): { directory: string; named: boolean } {
  const given = pluginDir ?? (ctx.environment.WEBMACS_PLUGIN_DIR || undefined);
  return { directory: resolve(given ?? DEFAULT_DIRECTORY), named: given !== undefined };
}

export async function placeOf(ctx: Context, options: PlaceOptions): Promise<PackagesPlace> {
  const { environment, signal } = ctx;
  return {
    ...lockOf(ctx, options),
    environment,
    directory: directoryOf(ctx, options).directory,
    installer: options.pip ? await installerFor(options.python, { environment, signal }) : undefined,
    // For who watches: a script is told what came of it.
    onProgress: (message) => void (ctx.streams.stderrIsTerminal && ctx.output.say(printable(message))),
  };
}

/** ` into /opt/python by pip, filed in /plugins`. */
export function whereTo({ directory, installer }: PackagesPlace): string {
  return `${installer ? ` into ${pythonOf(installer)}` : ''}, filed in ${directory}`;
}

/** ` from /opt/python by pip and from /plugins`. */
export function whereFrom({ directory, installer }: PackagesPlace): string {
  return `${installer ? ` from ${pythonOf(installer)} and` : ''} from ${directory}`;
}

/** `/opt/python by pip`. */
export function pythonOf({ python, tool }: Installer): string {
  return `${python ?? 'Python'} by ${tool}`;
}
