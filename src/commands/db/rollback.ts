import type { Command } from '../../cli/command.ts';
import type { Context } from '../../cli/context.ts';
import { counted } from '../../cli/text.ts';
import { rollback } from '../../database/schema/migrations.ts';
import { expectOwnSchema } from '../../database/schema/owner.ts';
import { type LockTimeoutOption, lockOf, lockTimeoutOption } from './lock.ts';

export function declareRollback(parent: Command, ctx: Context): void {
  parent
    .command('rollback')
    .description('revert the last migration, and delete its tables and columns with their data')
    .option('--to <name>', 'revert all migrations after this one, which stays')
    .runs(ctx, revertMigrations)
    .with(lockTimeoutOption)
    .examples(['webmacs db rollback'], ['webmacs db rollback --to initial --yes']);
}

async function revertMigrations(ctx: Context, options: LockTimeoutOption & { to?: string }): Promise<void> {
  const { orm, where } = await expectOwnSchema(await ctx.databaseAsIs());
  const what = options.to === undefined ? 'the last migration' : `every migration after ${options.to}`;
  const consequence = `This reverts ${what} of ${where}: its tables and columns are deleted with their data.`;
  if (!(await ctx.confirm(`Revert ${what}?`, consequence))) {
    return await ctx.output.done('Nothing was reverted.', { reverted: [] });
  }
  const reverted = await ctx.progress('Reverting', async () => rollback(orm, options.to, lockOf(ctx, options)));
  const message =
    reverted.length > 0
      ? ctx.output.success(`Reverted ${counted(reverted.length, 'migration')}: ${reverted.join(', ')}.`)
      : 'Nothing to revert.';
  await ctx.output.done(message, { reverted });
}
