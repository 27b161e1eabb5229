import type { Command } from 'commander';
import type { Context } from '../../cli/context.ts';
import { examples } from '../../cli/examples.ts';
import { counted } from '../../cli/text.ts';
import { migrate, plannedStatements } from '../../database/schema/migrations.ts';
import { type LockTimeoutOption, lockOf, lockTimeoutOption } from './lock.ts';

export interface MigrateOptions extends LockTimeoutOption {
  to?: string;
  dryRun?: boolean;
}

export function declareMigrate(parent: Command, ctx: Context, run = runMigrations): void {
  const command = parent
    .command('migrate')
    .description('bring the database to the latest schema, in one transaction')
    .option('--to <name>', 'up to and including this migration only')
    .option('--dry-run', 'print the SQL, and write nothing')
    .action(async (options: MigrateOptions) => await run(ctx, options));
  examples(
    lockTimeoutOption(command),
    ['webmacs db migrate', 'safe to run twice, and by several at once'],
    ['webmacs db migrate --dry-run > migration.sql'],
  );
}

export async function runMigrations(ctx: Context, options: MigrateOptions): Promise<void> {
  const { orm } = await ctx.databaseAsIs();
  if (options.dryRun) {
    const planned = await plannedStatements(orm, options.to);
    if (ctx.output.structured) {
      return await ctx.output.list(
        planned.map(({ name, statements }) => ({ name, statements })),
        ['name', 'statements'],
      );
    }
    return await ctx.output.text(
      planned.map(({ name, statements }) => `-- ${name}\n${statements.map((sql) => `${sql};\n`).join('')}`).join('\n'),
    );
  }
  const applied = await migrate(orm, options.to, lockOf(ctx, options));
  const message =
    applied.length > 0
      ? `${ctx.output.style.green('✓')} Applied ${counted(applied.length, 'migration')}: ${applied.join(', ')}.`
      : 'Nothing to do: the database is migrated.';
  await ctx.output.done(message, { applied });
}
