import type { Command } from '../../../cli/command.ts';
import type { Context } from '../../../cli/context.ts';
import { counted, fileSize } from '../../../cli/text.ts';
import { shownTime } from '../../../cli/time.ts';
import { CheckFailedError } from '../../../errors.ts';
import { factsOf, rowsOf } from './write.ts';

export function declareVerify(parent: Command, ctx: Context): void {
  parent
    .command('verify')
    .argument('<file>', 'a file or folder that "db backup" has written')
    .description('read all of a backup, and compare it with its checksums; exit 6 if it is damaged')
    .runs(ctx, verifyBackup)
    .examples(['webmacs db backup verify webmacs.tar.zst']);
}

async function verifyBackup(ctx: Context, path: string): Promise<void> {
  const [{ DamagedBackupError }, { expectFile, openBackup }, { verify }] = await Promise.all([
    import('../../../backup/manifest.ts'),
    import('../../../backup/read.ts'),
    import('../../../backup/verify.ts'),
  ]);
  expectFile(path);
  const { manifest, bytes } = await ctx.progress(`Verifying ${path}`, async (show) => {
    try {
      await using backup = await openBackup(path);
      await verify(backup, ctx.signal, show);
      return backup;
    } catch (error) {
      throw error instanceof DamagedBackupError
        ? new CheckFailedError(error.message, { hint: error.hint, cause: error })
        : error;
    }
  });
  const what = `${counted(rowsOf(manifest), 'row')} of ${counted(manifest.tables.length, 'table')}`;
  const from = `${await shownTime(ctx, manifest.created_on)}, layout "${manifest.layout}"`;
  await ctx.output.done(ctx.output.success(`${path} is whole: ${what}, ${fileSize(bytes)}, of ${from}.`), {
    ...{ file: path, ...factsOf(manifest), bytes },
  });
}
