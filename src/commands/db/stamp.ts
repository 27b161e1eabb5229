import type { Command } from '../../cli/command.ts';
import type { Context } from '../../cli/context.ts';
import { stamp } from '../../database/schema/migrations.ts';
import { expectOwnSchema } from '../../database/schema/owner.ts';
import { type LockTimeoutOption, lockOf, lockTimeoutOption } from './lock.ts';

export function declareStamp(parent: Command, ctx: Context): void {
  parent
    .command('stamp')
    .argument('<name>', 'the migration, or the end of its name')
    .description('record a migration as executed without running it')
    .runs(ctx, recordMigration)
    .with(lockTimeoutOption)
    .examples(['webmacs db stamp initial', 'if the tables already exist']);
}

async function recordMigration(ctx: Context, given: string, options: LockTimeoutOption): Promise<void> {
  const { orm } = await expectOwnSchema(await ctx.databaseAsIs());
  const { name, recorded } = await stamp(orm, given, lockOf(ctx, options));
  const message = recorded ? ctx.output.success(`${name} recorded.`) : `${name} is already recorded.`;
  await ctx.output.done(message, { name, recorded });
}
