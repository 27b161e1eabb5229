import type { Context } from '../../../cli/context.ts';
import { quoted } from '../../../cli/text.ts';
import type { ReadingOptions } from '../../../ingest/plan/reading-options.ts';
import { Profiles } from '../../../ingest/profiles/profiles.ts';
import { shellWord } from '../../../text/shell-word.ts';
import { wordsFor } from '../reading-options.ts';

interface SaveOptions {
  saveProfile?: string;
  force?: boolean;
}

/** @throws ConflictError if the profile that is to be saved exists, unless it may be replaced */
export function checkProfile(ctx: Context, { saveProfile: name, force = false }: SaveOptions): void {
  if (name !== undefined) {
    new Profiles(ctx.configuration.path).checkNew(name, force);
  }
}

/** Saves a profile, if that is asked for, and says which options it keeps: those about duplicates, for example, are not in it. */
export async function saveProfile(
  ctx: Context,
  { saveProfile: name, force = false }: SaveOptions,
  options: ReadingOptions,
): Promise<void> {
  if (name !== undefined) {
    const path = await new Profiles(ctx.configuration.path).save(name, options, force);
    const kept = wordsFor(options).map(shellWord).join(' ') || 'no option: the file needs none to be read';
    await ctx.output.say(ctx.output.success(`Profile ${quoted(name)} saved in ${path}, with ${kept}.`));
  }
}
