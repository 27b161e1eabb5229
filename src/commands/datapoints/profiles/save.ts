import type { Context } from '../../../cli/context.ts';
import { quoted } from '../../../cli/text.ts';
import type { ReadingOptions } from '../../../ingest/plan/reading-options.ts';
import { Profiles } from '../../../ingest/profiles/profiles.ts';

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

/** Saves a profile, if that is asked for. */
export async function saveProfile(
  ctx: Context,
  { saveProfile: name, force = false }: SaveOptions,
  options: ReadingOptions,
): Promise<void> {
  if (name !== undefined) {
    const path = await new Profiles(ctx.configuration.path).save(name, options, force);
    await ctx.output.say(ctx.output.success(`Profile ${quoted(name)} saved in ${path}.`));
  }
}
