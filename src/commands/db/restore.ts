import type { Command } from '../../cli/command.ts';
import type { Context } from '../../cli/context.ts';
import { counted } from '../../cli/text.ts';
import { shownTime } from '../../cli/time.ts';
import { Database } from '../../database/database.ts';
import { LAYOUTS, type LayoutName } from '../../database/layouts/layouts.ts';
import { targetFromUrl } from '../../database/target.ts';
import { isoTimestamp } from '../../entities/types.ts';
import { defined } from '../../text/defined.ts';
import { announceRoles, type NonAdminsOption, nonAdminsOption, warnOfLosses } from '../standard/other-layout.ts';
import { type LockTimeoutOption, lockOf, lockTimeoutOption } from './lock.ts';

interface RestoreOptions extends LockTimeoutOption, NonAdminsOption {
  target?: string;
  layout?: LayoutName;
  dryRun?: boolean;
}

export function declareRestore(parent: Command, ctx: Context): void {
  parent
    .command('restore')
    .argument('<file>', 'a file or folder that "db backup" has written')
    .description('copy all rows of a backup into an empty database, of any layout')
    .option('--target <url>', 'a database without rows; by default the configured one')
    .choice(
      '--layout <layout>',
      'if the database has no tables, which to create; default: those of the backup',
      Object.keys(LAYOUTS),
    )
    .with(nonAdminsOption)
    .option('--dry-run', 'verify the backup, and print what cannot be restored, without writing anything')
    .with(lockTimeoutOption)
    .runs(ctx, restoreBackup)
    .note(NOTE)
    .examples(
      ['webmacs db restore webmacs.tar.zst', 'run it again to resume after an interruption'],
      ['webmacs db restore webmacs.tar.zst --target postgresql://lab@db.lab.org/webmacs --layout server-roles'],
      ['webmacs db restore webmacs.tar.zst --dry-run'],
    );
}

const NOTE = `
The backup is read and compared with its checksums before anything is written. The rows of each table are read back and compared; if
that fails, they are deleted. Until all tables are complete, other commands refuse the database.
`;

async function restoreBackup(ctx: Context, path: string, options: RestoreOptions): Promise<void> {
  const [{ expectFile, openBackup }, { verify }, { createTables, layoutFor, lossesInto, restore }] = await Promise.all([
    import('../../backup/read.ts'),
    import('../../backup/verify.ts'),
    import('../../backup/restore.ts'),
  ]);
  expectFile(path);
  await using backup = await openBackup(path);
  const { manifest } = backup;
  await ctx.progress(`Verifying ${path}`, async (show) => verify(backup, ctx.signal, show));
  await using opened = options.target === undefined ? undefined : await openTarget(ctx, options.target);
  const target = opened ?? (await ctx.databaseAsIs());
  const layout = layoutFor(target, manifest.layout, options.layout);
  const { nonAdmins } = options;
  await announceRoles(ctx, LAYOUTS[manifest.layout], layout, nonAdmins, manifest.non_admins);
  const losses = await ctx.progress('Comparing', async () => lossesInto(backup, layout, ctx.signal));
  await warnOfLosses(ctx, losses, layout.name);
  const facts = {
    ...{ file: path, created_on: isoTimestamp(manifest.created_on), from: manifest.layout, to: layout.name },
    ...{ without: manifest.without, losses },
  };
  const from = `the backup of ${await shownTime(ctx, manifest.created_on)} (${manifest.layout})`;
  const receiving = { signal: ctx.signal, ...defined({ nonAdmins }) };
  if (options.dryRun) {
    if (!target.isEmpty) {
      await restore(backup, target, { ...receiving, dryRun: true });
    }
    const into = `${target.where} (${layout.name}${target.isEmpty ? ', whose tables it would create' : ''})`;
    return await ctx.output.done(`Would restore ${from} into ${into}.`, facts);
  }
  const started = performance.now();
  const tables = await ctx.progress('Restoring', async (show) => {
    if (target.isEmpty) {
      await createTables(target, layout, lockOf(ctx, options));
    }
    await target.expectLayout();
    return await restore(backup, target, { ...receiving, onProgress: show });
  });
  const rows = tables.reduce((sum, table) => sum + table.rows, 0);
  const seconds = (performance.now() - started) / 1000;
  const what = `${counted(rows, 'row')} of ${counted(tables.length, 'table')}`;
  const left = manifest.without.length > 0 ? ` Not in the backup: ${manifest.without.join(', ')}.` : '';
  const outcome = tables.every(({ resumed }) => resumed)
    ? `Already complete: ${what}; counts and checksums match.`
    : `${what} restored from ${from} in ${seconds.toFixed(1)} s; counts and checksums match.`;
  await ctx.output.done(ctx.output.success(`${outcome}${left}`), {
    ...{ ...facts, rows, tables, seconds: Number(seconds.toFixed(3)) },
  });
}

async function openTarget(ctx: Context, url: string): Promise<Database> {
  return await Database.open(targetFromUrl(url, ctx.environment, '--target'), {
    asIs: true,
    onWarning: (message) => void ctx.output.warn(message),
  });
}
