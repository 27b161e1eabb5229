import { isDeepStrictEqual } from 'node:util';
import type { Context } from '../../../cli/context.ts';
import { containsPassword } from '../../../database/connection-url.ts';
import type { Inspection } from '../../../ingest/inspect/inspection.ts';
import { Profiles } from '../../../ingest/profiles/profiles.ts';
import { shellWord } from '../../../text/shell-word.ts';
import { wordsFor } from '../reading-options.ts';

/** The settings that an import takes from the options of the inspection. */
const SETTINGS = ['database_url', 'as'] as const;

/** Returns the command that imports a file as it was inspected, for a POSIX shell, on one line. */
export function importCommand(
  ctx: Context,
  path: string,
  { options, createsEvents }: Inspection,
  { event, profile, saveProfile = profile }: { event?: string; profile?: string; saveProfile?: string },
): string {
  const kept = saveProfile === undefined ? {} : new Profiles(ctx.configuration.path).find(saveProfile).options;
  const keptValues = new Map<string, unknown>(Object.entries(kept));
  const further = Object.entries(options).filter(([name, value]) => !isDeepStrictEqual(value, keptValues.get(name)));
  const settings = SETTINGS.flatMap((name) => {
    const setting = ctx.configuration.get(name);
    const flag = `--${name.replace('_', '-')}`;
    return setting?.origin === flag && !containsPassword(setting.value) ? [flag, setting.value] : [];
  });
  const words = [
    path.startsWith('-') && path !== '-' ? `./${path}` : path,
    ...(saveProfile === undefined ? [] : ['--profile', saveProfile]),
    ...wordsFor(Object.fromEntries(further)),
    ...(event === undefined ? [] : ['--event', event]),
    ...(createsEvents ? ['--create-events'] : []),
    ...settings,
  ];
  return `${ctx.calledAs} datapoints import ${words.map(shellWord).join(' ')}`;
}
