import type { Manifest } from '../../../backup/manifest.ts';
import type { Rotation } from '../../../backup/rotation.ts';
import type { Command } from '../../../cli/command.ts';
import type { Context } from '../../../cli/context.ts';
import { wholeNumberBetween } from '../../../cli/parse.ts';
import { counted, listed } from '../../../cli/text.ts';

const MAX_KEPT = 10_000;

export function rotationOptions(command: Command): Command {
  const count = wholeNumberBetween(1, MAX_KEPT);
  return command
    .optionsGroup('Which older ones are kept:')
    .option('--keep <n>', 'delete older backups whose names fit, but the newest n, once the new one is verified', count)
    .option('--keep-monthly <n>', 'also keep the newest of each of the last n months that have one', count);
}

export function isRotated({ keep, keepMonthly }: Rotation): boolean {
  return (keep ?? keepMonthly) !== undefined;
}

/** Verifies a new backup, and deletes older ones; returns the files that were deleted. */
export async function verifyAndRotate(
  ctx: Context,
  pattern: string,
  path: string,
  manifest: Manifest,
  rotation: Rotation,
): Promise<string[]> {
  const [{ openBackup }, { verify }, { rotate }] = await Promise.all([
    import('../../../backup/read.ts'),
    import('../../../backup/verify.ts'),
    import('../../../backup/rotation.ts'),
  ]);
  await ctx.progress(`Verifying ${path}`, async (show) => {
    await using backup = await openBackup(path);
    await verify(backup, ctx.signal, show);
  });
  const { deleted, damaged } = await rotate(pattern, { path, manifest }, rotation);
  for (const { problem } of damaged) {
    await ctx.output.warn(`${problem} It is kept, and not counted.`);
  }
  const paths = deleted.map((backup) => backup.path);
  if (paths.length > 0) {
    await ctx.output.say(`Deleted ${counted(paths.length, 'older backup')}: ${listed(paths)}.`);
  }
  return paths;
}
